//! `database`: a server for many databases; `db`: one of them, with its owner.

use crate::kinds::{First, Found, Kind, Memory, Place, Reading};
use crate::kinds::{Source, bundled};
use crate::model::Step;
use crate::model::{Answer, ObjectId, Question};
use crate::model::{Bundle, Command, Condition, Effect, Port, Ref, Target, Text, Wait, run};
use crate::schema::Type;
use crate::schema::{object, spec};

object! {
    /// Who may create databases.
    Admin {
        /// The role.
        user: String, Note, default "\"postgres\"";
        /// Its password.
        password: Option<Text>, Note, optional;
    }
}

spec! {
    /// A database server.
    "database" Database {
        /// Where it runs.
        on: Ref, Replace, required, is Type::Ref(&["machine", "app"]);
        /// The machine.
        machine: Ref, Replace, derived "self.on.machine", is Type::Ref(&["machine"]);
        /// The program.
        engine: String, Replace, required,
            is Type::OneOf(&["postgres", "mariadb", "mysql", "mongodb", "redis"]);
        /// Its name in the network, if it is not the machine's address.
        host: Option<String>, Note, optional;
        /// Where it listens.
        port: Port, Note, default "if self.engine == \"postgres\" then 5432 \
            else if self.engine == \"mongodb\" then 27017 \
            else if self.engine == \"redis\" then 6379 else 3306";
        /// Who may create databases.
        admin: Admin, Note, default "{}",
            idle "databases are made by the system's own user";
        /// Connections are encrypted.
        tls: bool, Note, default "false",
            idle "connections are made on the machine itself";
    }
}

spec! {
    /// A database of its own for a workload, with an owner and a password.
    "db" Db {
        /// On which server.
        on: Ref, Replace, required, is Type::Ref(&["database"]);
        /// The server's machine.
        machine: Ref, Replace, derived "self.on.machine", is Type::Ref(&["machine"]);
        /// The server's program.
        engine: String, Replace, derived "self.on.engine";
        /// Its name, if it is not the workload's.
        name: String, Replace, default "owner.name";
        /// The role that owns it.
        owner: Option<String>, Replace, optional;
        /// More databases with the same owner.
        extra: Vec<String>, Live, default "[]";
        /// Extensions that are switched on.
        extensions: Vec<String>, Live, default "[]";
        /// The owner's password; by default one is made.
        password: Text, Live, default "self.made_password";
    }
}

impl Kind for Database {
    const WORD: &'static str = Database::KIND;
    const ABOUT: &'static str = Database::DOC;
    const FIRST: First = First::Create;
    const HOLDS_DATA: bool = true;

    fn create(&self, _: &ObjectId, _: &str) -> Vec<Step> {
        let until = Condition::Tcp { port: self.port.number() };
        let effect = Effect::Wait(Wait { until, within_secs: 60 });
        vec![Step { on: Target::Machine(self.machine.clone()), effect }]
    }

    fn update(&self, id: &ObjectId, uid: &str, _: &Database, _: &[&str]) -> Vec<Step> {
        self.create(id, uid)
    }

    fn delete(&self, _: &ObjectId) -> Vec<Step> {
        Vec::new()
    }

    fn look(&self, _: &ObjectId) -> Option<Question> {
        None
    }

    fn found(&self, _: Memory<'_>, _: &Answer) -> Found {
        Found::Ours(std::collections::BTreeMap::new())
    }
}

impl Db {
    fn bundle(&self, id: &ObjectId) -> Bundle {
        let role = self.owner.as_ref().unwrap_or(&self.name);
        let names = std::iter::once(&self.name).chain(&self.extra);
        let mut make = Text::literal(format!("-- {}\n", id.address));
        make.push_str(&format!(
            "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {0}) THEN \
             CREATE ROLE {1}; END IF; END $$;\nALTER ROLE {1} LOGIN PASSWORD '",
            literal(role),
            identifier(role),
        ));
        make.push(&self.password);
        make.push_str("';\n");
        let mut drop = String::new();
        for name in names {
            let (quoted, owner) = (identifier(name), identifier(role));
            let create = literal(&format!("CREATE DATABASE {quoted} OWNER {owner}"));
            make.push_str(&format!(
                "SELECT {create} WHERE NOT EXISTS \
                 (SELECT FROM pg_database WHERE datname = {}) \\gexec\n",
                literal(name),
            ));
            drop.push_str(&format!("DROP DATABASE IF EXISTS {quoted};\n"));
        }
        for extension in &self.extensions {
            make.push_str(&format!("CREATE EXTENSION IF NOT EXISTS {};\n", identifier(extension)));
        }
        drop.push_str(&format!("DROP ROLE IF EXISTS {};\n", identifier(role)));
        let mut bundle = Bundle::on(&self.machine);
        bundle.start.push(sql(make));
        bundle.stop.push(sql(Text::literal(drop)));
        bundle
    }
}

fn sql(statements: Text) -> Effect {
    match run(&["psql", "--no-psqlrc", "--set", "ON_ERROR_STOP=1"]) {
        Effect::Run(command) => Effect::Run(Command { stdin: Some(statements), ..command }),
        other @ (Effect::Call(_) | Effect::Write(_) | Effect::Wait(_)) => other,
    }
}

/// A name as SQL quotes it.
fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A string as SQL quotes it.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

impl Kind for Db {
    const WORD: &'static str = Db::KIND;
    const ABOUT: &'static str = Db::DOC;
    const FIRST: First = First::Create;
    const PLACE: Place = Place::BeforeOwner;
    const HOLDS_DATA: bool = true;

    fn readings() -> Vec<Reading> {
        let made = Reading {
            name: "made_password",
            doc: "A password that is made before the database.",
            ty: Type::Text,
            from: Source::Secret,
        };
        let url = "\"postgres://\\(self.owner ?? self.name):\\(self.password)@\\(self.machine.ip)\
                   :\\(self.on.port)/\\(self.name)\"";
        vec![made, Reading::expression("url", "How the workload reaches it.", url)]
    }

    bundled!(Db);
}
