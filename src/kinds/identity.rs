//! `identity`: the service that knows people; `login`: a workload's registration with it.

use std::collections::BTreeMap;

use crate::kinds::{First, Found, Kind, Memory, Place, Reading};
use crate::kinds::{Source, declared};
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

declared! {
    Identity {
        const HOLDS_DATA: bool = false;
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
        body
    }
}

impl Kind for Login {
    const WORD: &'static str = Login::KIND;
    const ABOUT: &'static str = Login::DOC;
    const FIRST: First = First::Create;
    const PLACE: Place = Place::BesideOwner;

    fn readings() -> Vec<Reading> {
        vec![Reading {
            name: "made_secret",
            doc: "A client secret that is made before the registration.",
            ty: Type::Text,
            from: Source::Secret,
        }]
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
