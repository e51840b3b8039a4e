//! `identity`: the service that knows people; `login`: a workload's registration with it.

use std::collections::BTreeMap;

use crate::kinds::{Around, First, Found, Kind, Memory, Objection, Place, Reading, Source};
use crate::model::Step;
use crate::model::{Answer, ObjectId, Question};
use crate::model::{Call, Effect, Method, Ref, Target, Text};
use crate::schema::Type;
use crate::schema::{object, spec};

object! {
    /// A place where the identity service answers in another protocol.
    Outpost {
        /// LDAP: where the tree begins.
        base_dn: Option<String>, Live, optional;
        /// RADIUS: the secret it shares with its clients.
        shared_secret: Option<Text>, Live, optional;
        /// RADIUS: who may ask.
        clients: Vec<crate::model::Cidr>, Live, default "[]";
    }
}

object! {
    /// People who may do the same.
    Group {
        /// Their names.
        members: Vec<String>, Live, default "[]";
    }
}

object! {
    /// Which claims carry what.
    Claims {
        /// The name.
        username: String, Live, default "\"preferred_username\"";
        /// The groups.
        groups: String, Live, default "\"groups\"";
    }
}

spec! {
    /// The service that knows people.
    "identity" Identity {
        /// Where it runs.
        on: Option<Ref>, Note, optional, is Type::Ref(&["machine", "app"]);
        /// The program.
        engine: String, Replace, required,
            is Type::OneOf(&["authentik", "oauth2_proxy", "keycloak", "ldap"]);
        /// Where it is reached.
        url: String, Note, required, is Type::Url;
        /// What lets `paas` change it.
        token: Option<Text>, Note, optional;
        /// Where it answers in another protocol.
        outpost: BTreeMap<String, Outpost>, Live, default "{}",
            is Type::Blocks(std::sync::Arc::new(<Outpost as crate::schema::Attr>::ty()));
        /// Groups it knows.
        group: BTreeMap<String, Group>, Live, default "{}",
            is Type::Blocks(std::sync::Arc::new(<Group as crate::schema::Attr>::ty()));
        /// Files in its own language.
        blueprints: Vec<String>, Live, default "[]", is Type::List(std::sync::Arc::new(Type::Path));
        /// The text of these files.
        contents: Option<Vec<Text>>, Live, computed;
    }
}

spec! {
    /// A workload's registration with an identity service.
    "login" Login {
        /// With which one.
        via: Ref, Replace, required, is Type::Ref(&["identity"]);
        /// Its name there.
        client_id: String, Replace, default "owner.name";
        /// What proves it; by default one is made.
        client_secret: Option<Text>, Live, default "if self.public then null else self.made_secret";
        /// It cannot keep a secret.
        public: bool, Live, default "false";
        /// Where people come back to.
        redirect: Vec<String>, Live, default "[]", is Type::List(std::sync::Arc::new(Type::Url));
        /// What it may know.
        scopes: Vec<String>, Live, default "[\"openid\", \"email\", \"profile\"]";
        /// Which claims carry what.
        claims: Option<Claims>, Live, optional;
        /// Who may log in; everybody when empty.
        groups: Vec<String>, Live, default "[]";
    }
}

impl Identity {
    /// What it is told: a path, and what is there.
    fn told(&self) -> BTreeMap<String, BTreeMap<String, Text>> {
        let mut told = BTreeMap::new();
        let text = |text: String| Text::literal(text);
        for (name, outpost) in &self.outpost {
            let mut body = BTreeMap::new();
            if let Some(base) = &outpost.base_dn {
                body.insert("base_dn".to_owned(), text(base.clone()));
            }
            if let Some(secret) = &outpost.shared_secret {
                body.insert("shared_secret".to_owned(), secret.clone());
            }
            let clients: Vec<String> = outpost.clients.iter().map(ToString::to_string).collect();
            if !clients.is_empty() {
                body.insert("clients".to_owned(), text(clients.join(" ")));
            }
            told.insert(format!("/paas/outposts/{name}"), body);
        }
        for (name, group) in &self.group {
            let members = text(group.members.join(" "));
            let body = BTreeMap::from([("members".to_owned(), members)]);
            told.insert(format!("/paas/groups/{name}"), body);
        }
        for (path, content) in self.blueprints.iter().zip(self.contents.iter().flatten()) {
            let name = path.rsplit('/').next().unwrap_or(path);
            let body = BTreeMap::from([("content".to_owned(), content.clone())]);
            told.insert(format!("/paas/blueprints/{name}"), body);
        }
        told
    }

    fn call(id: &ObjectId, method: Method, path: &str, body: BTreeMap<String, Text>) -> Step {
        let effect = Effect::Call(Call { method, path: path.to_owned(), body });
        Step { on: Target::Service(Ref::Object(id.clone())), effect }
    }
}

impl Kind for Identity {
    const WORD: &'static str = Identity::KIND;
    const ABOUT: &'static str = Identity::DOC;
    const FIRST: First = First::Create;

    fn readings() -> Vec<Reading> {
        let url = "if self.engine == \"authentik\" \
                   then \"\\(self.url)/outpost.goauthentik.io/auth/nginx\" \
                   else \"\\(self.url)/oauth2/auth\"";
        vec![Reading::expression("auth_url", "Where a proxy asks who somebody is.", url)]
    }

    fn complete(&mut self, around: &dyn Around) -> Vec<Objection> {
        let mut contents = Vec::new();
        let mut objections = Vec::new();
        for path in &self.blueprints {
            match around.read(path) {
                Ok(text) => contents.push(Text::literal(text)),
                Err(message) => objections.push(Objection {
                    field: "blueprints".to_owned(),
                    message,
                    help: "paths start at the folder of the manifest".to_owned(),
                }),
            }
        }
        self.contents = (!contents.is_empty()).then_some(contents);
        objections
    }

    fn create(&self, id: &ObjectId, _: &str) -> Vec<Step> {
        let told = self.told().into_iter();
        told.map(|(path, body)| Identity::call(id, Method::Post, &path, body)).collect()
    }

    fn update(&self, id: &ObjectId, _: &str, before: &Identity, _: &[&str]) -> Vec<Step> {
        let (old, new) = (before.told(), self.told());
        let gone = old.keys().filter(|path| !new.contains_key(*path));
        let gone: Vec<Step> =
            gone.map(|path| Identity::call(id, Method::Delete, path, BTreeMap::new())).collect();
        let changed = new.iter().filter(|(path, body)| old.get(*path) != Some(*body));
        let put = changed.map(|(path, body)| {
            let method = if old.contains_key(path) { Method::Put } else { Method::Post };
            Identity::call(id, method, path, body.clone())
        });
        gone.into_iter().chain(put).collect()
    }

    fn delete(&self, id: &ObjectId) -> Vec<Step> {
        let told = self.told().into_keys();
        told.map(|path| Identity::call(id, Method::Delete, &path, BTreeMap::new())).collect()
    }

    fn look(&self, _: &ObjectId) -> Option<Question> {
        None
    }

    fn found(&self, _: Memory<'_>, _: &Answer) -> Found {
        Found::Ours(BTreeMap::new())
    }
}

impl Login {
    fn call(&self, method: Method, id: &ObjectId, body: BTreeMap<String, Text>) -> Step {
        let path = format!("/paas/clients/{}", id.slug());
        let effect = Effect::Call(Call { method, path, body });
        Step { on: Target::Service(self.via.clone()), effect }
    }

    fn body(&self) -> BTreeMap<String, Text> {
        let mut body = BTreeMap::new();
        let mut put = |name: &str, value: Text| drop(body.insert(name.to_owned(), value));
        put("client_id", Text::literal(&self.client_id));
        if let Some(secret) = &self.client_secret {
            put("client_secret", secret.clone());
        }
        put("public", Text::literal(self.public.to_string()));
        put("redirect_uris", Text::literal(self.redirect.join("\n")));
        put("scopes", Text::literal(self.scopes.join(" ")));
        put("groups", Text::literal(self.groups.join(" ")));
        if let Some(claims) = &self.claims {
            put("username_claim", Text::literal(&claims.username));
            put("groups_claim", Text::literal(&claims.groups));
        }
        body
    }
}

impl Kind for Login {
    const WORD: &'static str = Login::KIND;
    const ABOUT: &'static str = Login::DOC;
    const FIRST: First = First::Create;
    const PLACE: Place = Place::BesideOwner;

    fn readings() -> Vec<Reading> {
        let url = Reading::expression(
            "auth_url",
            "Where a proxy asks who somebody is.",
            "self.via.auth_url",
        );
        let secret = Reading {
            name: "made_secret",
            doc: "A client secret that is made before the registration.",
            ty: Type::Text,
            from: Source::Secret,
        };
        vec![secret, url]
    }

    fn create(&self, id: &ObjectId, _: &str) -> Vec<Step> {
        vec![self.call(Method::Post, id, self.body())]
    }

    fn update(&self, id: &ObjectId, _: &str, _: &Login, _: &[&str]) -> Vec<Step> {
        vec![self.call(Method::Put, id, self.body())]
    }

    fn delete(&self, id: &ObjectId) -> Vec<Step> {
        vec![self.call(Method::Delete, id, BTreeMap::new())]
    }

    fn look(&self, _: &ObjectId) -> Option<Question> {
        None
    }

    fn found(&self, _: Memory<'_>, _: &Answer) -> Found {
        Found::Ours(BTreeMap::new())
    }
}
