//! `dashboard`: a page of links; `tile`: one of them.

use serde_json::json;

use crate::kinds::{First, Kind, Place, bundled};
use crate::model::ObjectId;
use crate::model::{Bundle, Ref};
use crate::schema::Type;
use crate::schema::spec;

spec! {
    /// A page of links.
    "dashboard" Dashboard {
        /// Where it runs.
        on: Ref, Replace, required, is Type::Ref(&["machine", "app"]);
        /// The machine.
        machine: Ref, Replace, derived "self.on.machine", is Type::Ref(&["machine"]);
        /// The program.
        engine: String, Replace, required, is Type::OneOf(&["homepage", "homer"]);
        /// Its headline.
        title: Option<String>, Reload, optional;
        /// Where its files are.
        dir: String, Replace, default "\"/opt/paas/dashboard\"", is Type::Path;
    }
}

spec! {
    /// A link on a dashboard.
    "tile" Tile {
        /// On which one.
        on: Ref, Replace, required, is Type::Ref(&["dashboard"]);
        /// The dashboard's machine.
        machine: Ref, Replace, derived "self.on.machine", is Type::Ref(&["machine"]);
        /// The dashboard's files.
        dir: String, Replace, derived "self.on.dir";
        /// Under which heading.
        group: String, Reload, default "\"Apps\"";
        /// What it says.
        title: String, Reload, default "owner.name";
        /// Its picture.
        icon: Option<String>, Reload, optional;
        /// Where it leads.
        href: Option<String>, Reload, default "owner.url";
    }
}

impl Dashboard {
    fn bundle(&self, _id: &ObjectId) -> Bundle {
        let settings = json!({ "engine": self.engine, "title": self.title });
        Bundle::on(&self.machine)
            .file(format!("{}/settings.json", self.dir), format!("{settings:#}\n"))
    }
}

impl Kind for Dashboard {
    const WORD: &'static str = Dashboard::KIND;
    const ABOUT: &'static str = Dashboard::DOC;
    const FIRST: First = First::Create;

    bundled!(Dashboard);
}

impl Tile {
    fn bundle(&self, id: &ObjectId) -> Bundle {
        let tile = json!({
            "group": self.group, "title": self.title, "icon": self.icon, "href": self.href,
        });
        let path = format!("{}/tiles/{}.json", self.dir, id.slug());
        Bundle::on(&self.machine).file(path, format!("{tile:#}\n"))
    }
}

impl Kind for Tile {
    const WORD: &'static str = Tile::KIND;
    const ABOUT: &'static str = Tile::DOC;
    const FIRST: First = First::Create;
    const PLACE: Place = Place::AfterOwner;

    bundled!(Tile);
}
