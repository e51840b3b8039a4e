//! `cluster`: a connection to Proxmox, and `node`: one of its machines.

use crate::kinds::{Around, Place, Reading, declared};
use crate::model::{Port, Ref, Text};
use crate::problem::{Problem, lints};
use crate::schema::{Type, object, spec};

object! {
    /// How the API's certificate is checked.
    Tls {
        /// Whether it is checked at all.
        verify: bool, Note, default "true";
        /// A file with the authority that signed it.
        ca: Option<String>, Note, optional, is Type::Path;
        /// Its SHA-256 fingerprint.
        fingerprint: Option<String>, Note, optional;
    }
}

object! {
    /// How a machine is reached by SSH.
    Ssh {
        /// Who logs in.
        user: String, Note, default "\"root\"";
        /// On which port.
        port: Port, Note, default "22";
        /// The file of the private key.
        key_file: Option<String>, Note, optional, is Type::Path;
        /// The private key itself.
        key: Option<Text>, Note, optional;
        /// The password, tried last.
        password: Option<Text>, Note, optional;
        /// Whether an interactive shell goes through mosh.
        mosh: String, Note, default "\"never\"", is Type::OneOf(&["never", "prefer"]);
        /// The machine through which it is reached.
        jump: Option<Ref>, Note, optional, is Type::Ref(&["machine"]);
    }
}

object! {
    /// The numbers that new guests get.
    Ids {
        /// The lowest.
        first: u32, Note, default "10000", is Type::Int(100, 999_999_999);
        /// The highest.
        last: u32, Note, default "99999", is Type::Int(100, 999_999_999);
    }
}

spec! {
    /// A Proxmox cluster, or a single node.
    "cluster" Cluster {
        /// The API's address.
        api: String, Note, required, is Type::Url;
        /// An API token: `USER@REALM!NAME=UUID`.
        token: Option<Text>, Note, optional;
        /// Who logs in where there is no token.
        user: String, Note, default "\"root@pam\"";
        /// The password of `user`; nobody but `root@pam` may do everything.
        password: Option<Text>, Note, optional;
        /// How its certificate is checked.
        tls: Option<Tls>, Note, optional;
        /// How its nodes are reached, for what the API cannot do.
        ssh: Option<Ssh>, Note, optional;
        /// How a node is chosen for a new guest; the choice is kept.
        placement: String, Note, default "\"spread\"",
            is Type::OneOf(&["spread", "pack", "first"]);
        /// The resource pool that guests join.
        pool: Option<String>, Note, optional;
        /// The numbers that new guests get.
        ids: Ids, Note, default "{}";
        /// How many calls it is sent at once.
        parallel: u32, Note, default "4", is Type::Int(1, 64);
    }
}

spec! {
    /// A machine of a cluster, as far as guests need to know it.
    "node" Node {
        /// Its address, for SSH.
        address: Option<String>, Note, optional, is Type::Ip;
        /// Where disks of guests are.
        storage: String, Note, default "\"local-lvm\"";
        /// Where templates are.
        image_storage: String, Note, default "\"local\"";
        /// The bridge that guests join when their network names none.
        bridge: String, Note, default "\"vmbr0\"";
        /// It has a graphics processor for guests.
        gpu: bool, Note, default "false";
        /// How much it takes in comparison, when guests are spread.
        weight: u32, Note, default "1", is Type::Int(1, 1000);
    }
}

declared! {
    Cluster {
        const FACETS: &'static [&'static str] = &["node"];

        const ONE_OF: &'static [&'static [&'static str]] = &[&["token", "password"]];

        fn review(&self, around: &dyn Around) -> Vec<Problem> {
            let nobody = self.tls.as_ref().is_some_and(|tls| {
                !tls.verify && tls.ca.is_none() && tls.fingerprint.is_none()
            });
            let lint = || lints::trusts_anybody(around.place("tls/verify"));
            nobody.then(lint).into_iter().collect()
        }

        fn readings() -> Vec<Reading> {
            vec![
                Reading::expression("cluster", "The cluster itself.", "self"),
                Reading::expression("place", "A node is chosen for each guest.", "\"auto\""),
                Reading::expression("disks", "The storage is the chosen node's.", "null"),
                Reading::expression("bridge", "The bridge is the chosen node's.", "null"),
            ]
        }
    }
}

declared! {
    Node {
        const PLACE: Place = Place::BesideOwner;

        fn readings() -> Vec<Reading> {
            vec![
                Reading::expression("cluster", "The cluster it belongs to.", "owner"),
                Reading::expression("place", "Its name.", "self.name"),
                Reading::expression("disks", "Its storage.", "self.storage"),
            ]
        }
    }
}
