//! Shared by `database` and `db`: what each program is told to make a database and its owner.
//!
//! Names may have any character. The password comes encoded, so that none of its characters can
//! mean anything to the program that reads it.

use crate::model::{Command, Effect, Text, quoted, run};

/// A database as its server is told of it.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// Who owns it.
    pub role: &'a str,
    /// Its name, and those of more with the same owner.
    pub names: &'a [&'a str],
    /// What is switched on in each of them.
    pub extensions: &'a [String],
    /// The owner's password in Base64; for Redis its SHA-256.
    pub password: &'a Text,
}

/// The programs a database can be.
pub const ALL: &[&str] = &["postgres", "mariadb", "mysql", "mongodb", "redis"];

/// What makes it, and brings what is there to what is asked for.
pub fn make(engine: &str, told: Told<'_>) -> Vec<Effect> {
    match engine {
        "mariadb" | "mysql" => vec![mysql(engine, mysql_make(told))],
        "mongodb" => vec![mongo(mongo_make(told))],
        "redis" => vec![redis(&redis_make(told))],
        _ => postgres_make(told),
    }
}

/// What removes it with everything in it.
pub fn remove(engine: &str, told: Told<'_>) -> Effect {
    let each = |line: fn(&str) -> String| told.names.iter().map(|name| line(name)).collect();
    match engine {
        "mariadb" | "mysql" => {
            let drop: String =
                each(|name| format!("DROP DATABASE IF EXISTS {};\n", backticks(name)));
            let account = account(told.role);
            mysql(engine, Text::literal(format!("{MODE}{drop}DROP USER IF EXISTS {account};\n")))
        }
        "mongodb" => {
            let (role, names) = (json(told.role), json(told.names));
            mongo(Text::literal(format!(
                "const names = {names};\nconst users = db.getSiblingDB(names[0]);\n\
                 if (users.getUser({role}) !== null) {{ users.dropUser({role}); }}\n\
                 names.forEach(name => db.getSiblingDB(name).dropDatabase());\n"
            )))
        }
        "redis" => {
            let keys: String = each(|name| format!("EVAL {SWEEP} 0 {}\n", word(&keys_of(name))));
            redis(&Text::literal(format!("{keys}ACL DELUSER {}\n", word(told.role))))
        }
        _ => {
            let drop: String =
                each(|name| format!("DROP DATABASE IF EXISTS {};\n", identifier(name)));
            let role = identifier(told.role);
            postgres("", &Text::literal(format!("{drop}DROP ROLE IF EXISTS {role};\n")))
        }
    }
}

fn with_input(command: Effect, text: Text) -> Effect {
    match command {
        Effect::Run(command) => Effect::Run(Command { stdin: Some(text), ..command }),
        other @ (Effect::Call(_) | Effect::Write(_) | Effect::Wait(_)) => other,
    }
}

fn json<T: serde::Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Statements for the server of this machine, sent as the user that it belongs to.
fn postgres(database: &str, statements: &Text) -> Effect {
    let mut line = "psql --no-psqlrc --quiet --set ON_ERROR_STOP=1".to_owned();
    if !database.is_empty() {
        let name = database.replace('\\', "\\\\").replace('\'', "\\'");
        line.push_str(&format!(" --dbname {}", quoted(&format!("dbname='{name}'"))));
    }
    let mut text = Text::literal("SET standard_conforming_strings = on;\n");
    text.push(statements);
    with_input(run(&["su", "-s", "/bin/sh", "postgres", "-c", &line]), text)
}

fn postgres_make(told: Told<'_>) -> Vec<Effect> {
    let role = literal(told.role);
    // A statement that is logged would show the password.
    let mut text = Text::literal(format!(
        "SET log_statement = 'none';\nSELECT format('CREATE ROLE %I', {role}) WHERE NOT EXISTS \
         (SELECT FROM pg_roles WHERE rolname = {role}) \\gexec\n\
         SELECT format('ALTER ROLE %I LOGIN PASSWORD %L', {role}, convert_from(decode('",
    ));
    text.push(told.password);
    text.push_str("', 'base64'), 'UTF8')) \\gexec\n");
    for name in told.names {
        let name = literal(name);
        text.push_str(&format!(
            "SELECT format('CREATE DATABASE %I OWNER %I', {name}, {role}) WHERE NOT EXISTS \
             (SELECT FROM pg_database WHERE datname = {name}) \\gexec\n",
        ));
    }
    let mut all = vec![postgres("", &text)];
    if !told.extensions.is_empty() {
        let each =
            |name: &String| format!("CREATE EXTENSION IF NOT EXISTS {};\n", identifier(name));
        let text: String = told.extensions.iter().map(each).collect();
        all.extend(told.names.iter().map(|name| postgres(name, &Text::literal(&text))));
    }
    all
}

/// A name as SQL quotes it.
fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A string as SQL quotes it.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// How strings are quoted does not depend on how the server is set up.
const MODE: &str = "SET SESSION sql_mode = '';\n";

fn mysql(engine: &str, statements: Text) -> Effect {
    with_input(run(&[engine, "--batch", "--default-character-set=utf8mb4"]), statements)
}

fn mysql_make(told: Told<'_>) -> Text {
    let account = account(told.role);
    let mut text = Text::literal(MODE);
    for name in told.names {
        text.push_str(&format!("CREATE DATABASE IF NOT EXISTS {};\n", backticks(name)));
    }
    let begin = mysql_literal(&format!("ALTER USER {account} IDENTIFIED BY "));
    text.push_str(&format!(
        "CREATE USER IF NOT EXISTS {account};\n\
         SET @make = CONCAT({begin}, QUOTE(CONVERT(FROM_BASE64('"
    ));
    text.push(told.password);
    text.push_str("') USING utf8mb4)));\nPREPARE make FROM @make;\nEXECUTE make;\n");
    for name in told.names {
        // What is granted is a pattern.
        let pattern = name.replace('\\', "\\\\").replace('_', "\\_").replace('%', "\\%");
        let pattern = backticks(&pattern);
        text.push_str(&format!("GRANT ALL PRIVILEGES ON {pattern}.* TO {account};\n"));
    }
    text
}

fn backticks(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

fn mysql_literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

fn account(role: &str) -> String {
    format!("{}@'%'", mysql_literal(role))
}

fn mongo(script: Text) -> Effect {
    with_input(run(&["mongosh", "--quiet", "--norc", "--file", "/dev/stdin"]), script)
}

fn mongo_make(told: Told<'_>) -> Text {
    let mut text = Text::literal(format!(
        "const names = {};\nconst roles = names.map(name => ({{ role: \"dbOwner\", db: name }}));\n\
         const users = db.getSiblingDB(names[0]);\nconst pwd = Buffer.from(\"",
        json(told.names),
    ));
    text.push(told.password);
    let role = json(told.role);
    text.push_str(&format!(
        "\", \"base64\").toString(\"utf8\");\n\
         if (users.getUser({role}) === null) {{ \
         users.createUser({{ user: {role}, pwd, roles }}); }}\n\
         else {{ users.updateUser({role}, {{ pwd, roles }}); }}\n"
    ));
    text
}

/// Removes every key that fits a pattern.
const SWEEP: &str = "\"local at = '0' repeat local it = redis.call('SCAN', at, 'MATCH', ARGV[1], \
     'COUNT', 500) at = it[1] for _, key in ipairs(it[2]) do redis.call('UNLINK', key) end \
     until at == '0'\"";

/// Commands, and after them whatever keeps its users: a file of their own or its configuration.
fn redis(commands: &Text) -> Effect {
    let mut text = Text::literal("set -eu\nredis-cli -e <<'COMMANDS'\n");
    text.push(commands);
    text.push_str(
        "COMMANDS\nredis-cli -e ACL SAVE >/dev/null 2>&1 || redis-cli -e CONFIG REWRITE\n",
    );
    crate::model::script(text)
}

fn redis_make(told: Told<'_>) -> Text {
    let mut text = Text::literal(format!("ACL SETUSER {} reset on #", word(told.role)));
    text.push(told.password);
    for name in told.names {
        let keys = keys_of(name);
        text.push_str(&format!(" {} {}", word(&format!("~{keys}")), word(&format!("&{keys}"))));
    }
    text.push_str(" +@all -@admin -@dangerous\n");
    text
}

/// The keys of a database: those that begin with its name.
fn keys_of(name: &str) -> String {
    let letters = name.chars().flat_map(|letter| match letter {
        '*' | '?' | '[' | ']' | '\\' | '^' => vec!['\\', letter],
        letter => vec![letter],
    });
    letters.chain(":*".chars()).collect()
}

/// One word of a command of Redis, whatever is in it.
fn word(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:~&*".contains(&byte);
    let each = text.bytes().map(|byte| match plain(byte) {
        true => char::from(byte).to_string(),
        false => format!("\\x{byte:02x}"),
    });
    format!("\"{}\"", each.collect::<String>())
}
