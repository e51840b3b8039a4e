//! `database`: a server for many databases; `db`: one of them, with its owner.

use crate::kinds::engines::{self, Told};
use crate::kinds::{Around, First, Found, Kind, Memory, Objection, Place, Reading};
use crate::kinds::{Source, bundled};
use crate::model::Step;
use crate::model::{Answer, ObjectId, Question};
use crate::model::{Bundle, Condition, Effect, Port, Ref, Target, Text, Wait};
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
            is Type::OneOf(engines::ALL);
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
        /// Its name, if it is not the workload's; in Redis what its keys begin with, before `:`.
        name: String, Replace, default "owner.name";
        /// The role that owns it.
        owner: Option<String>, Replace, optional;
        /// More databases with the same owner.
        extra: Vec<String>, Live, default "[]";
        /// Extensions that are switched on.
        extensions: Vec<String>, Live, default "[]";
        /// The owner's password; by default one is made.
        password: Text, Live, default "self.made_password";
        /// The password as the server is told it: in Base64, for Redis its SHA-256.
        encoded_password: Text, Live, derived "if self.engine == \"redis\" \
            then sha256(self.password) else base64(self.password)";
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
    fn role(&self) -> &str {
        self.owner.as_ref().unwrap_or(&self.name)
    }

    fn names(&self) -> Vec<&str> {
        std::iter::once(&self.name).chain(&self.extra).map(String::as_str).collect()
    }

    fn bundle(&self, _: &ObjectId) -> Bundle {
        let names = self.names();
        let told = Told {
            role: self.role(),
            names: &names,
            extensions: &self.extensions,
            password: &self.encoded_password,
        };
        let mut bundle = Bundle::on(&self.machine);
        bundle.start = engines::make(&self.engine, told);
        bundle.stop.push(engines::remove(&self.engine, told));
        bundle
    }

    /// A name that its server could not have.
    fn bad_name(&self, field: &str, name: &str) -> Option<Objection> {
        let (most, not) = match self.engine.as_str() {
            "postgres" => (63, ""),
            "mongodb" => (63, "/\\. \"$*<>:|?"),
            "redis" => (255, " "),
            _ if field == "owner" => (32, ""),
            _ => (64, ""),
        };
        let bad = |c: char| c.is_control() || not.contains(c);
        let message = match name {
            "" => format!("`{field}` is empty"),
            name if name.len() > most => {
                format!("`{name}` is longer than the {most} bytes that {} takes", self.engine)
            }
            name => {
                let c = name.chars().find(|c| bad(*c))?;
                format!("{} takes no name with {c:?} in it", self.engine)
            }
        };
        let help = "write letters, digits and `_`".to_owned();
        Some(Objection { field: field.to_owned(), message, help })
    }
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
        let scheme = Reading::expression(
            "scheme",
            "What its addresses begin with.",
            "if self.engine == \"mariadb\" then \"mysql\" else self.engine",
        );
        let path = Reading::expression(
            "path",
            "What its addresses end with.",
            "if self.engine == \"redis\" then \"\" else \"/\\(url_encode(self.name))\"",
        );
        let url = "\"\\(self.scheme)://\\(url_encode(self.owner ?? self.name)):\
                   \\(url_encode(self.password))@\\(self.on.host ?? self.machine.ip)\
                   :\\(self.on.port)\\(self.path)\"";
        let url = Reading::expression("url", "How the workload reaches it.", url);
        vec![made, scheme, path, url]
    }

    fn complete(&mut self, _: &dyn Around) -> Vec<Objection> {
        let extra = self.extra.iter().enumerate();
        let extra = extra.map(|(index, name)| (format!("extra/{index}"), name.as_str()));
        let named = [("name".to_owned(), self.name.as_str())].into_iter();
        let owner = self.owner.iter().map(|owner| ("owner".to_owned(), owner.as_str()));
        let names = named.chain(owner).chain(extra);
        let mut objections: Vec<Objection> =
            names.filter_map(|(field, name)| self.bad_name(&field, name)).collect();
        if self.engine != "postgres" && !self.extensions.is_empty() {
            objections.push(Objection {
                field: "extensions".to_owned(),
                message: format!("{} has no extensions to switch on", self.engine),
                help: "leave `extensions` out".to_owned(),
            });
        }
        objections
    }

    bundled!(Db);
}
