//! Shared by `container` and `vm`: the attributes that every guest of a cluster has.

/// A guest's kind: the attributes that all guests have, with what a new value costs where that
/// differs, and its own.
macro_rules! guest {
    (
        $(#[doc = $doc:literal])*
        $kind:literal $name:ident as $api:literal {
            node $node:ident,
            cores and memory $size:ident,
            memory $memory:literal,
            disk $disk:literal,
            storage $storage:ident,
            bridge $bridge:ident,
            dns $dns:ident,
            keys $keys:ident,
        }
        { $($own:tt)* }
    ) => {
        $crate::schema::spec! {
            $(#[doc = $doc])*
            $kind $name {
                /// Where it is made: a cluster, which chooses the node, or a node.
                on: $crate::model::Ref, Note, required,
                    is $crate::schema::Type::Ref(&["cluster", "node"]);
                /// The cluster.
                cluster: $crate::model::Ref, Replace, derived "self.on.cluster",
                    is $crate::schema::Type::Ref(&["cluster"]);
                /// The resource pool that it joins; the cluster says which.
                pool: Option<String>, Note, derived "self.cluster.pool";
                /// The node; the choice is kept.
                node: String, $node, derived "self.on.place", choose Node;
                /// Its number in the cluster.
                id: $crate::model::Value, Replace, default "\"auto\"",
                    is $crate::kinds::guest_parts::id_or_auto(), choose VmId;
                /// Its name in the network.
                hostname: String, Live, default "slug(self.label)", is $crate::schema::Type::Fqdn;
                /// What it is made from: a template, or the name of an image or of a guest template
                /// on the cluster.
                template: $crate::model::Value, Note, required,
                    is $crate::kinds::guest_parts::template_or_name();
                /// The image, or the guest template of the cluster that has this name or number.
                image: String, Note, derived "self.template?.base ?? self.template";
                /// It shares disks with the guest template that it is a copy of.
                linked: Option<bool>, Note, optional;
                /// The guest template that it is a copy of.
                source: Option<$crate::kinds::guest_parts::Source>, Note, computed;
                /// The version of the template it was made from.
                template_version: Option<String>, Note, derived "self.template?.version";
                /// The template has scripts, packages or files.
                scripted: bool, Note, derived "self.template?.scripted ?? false";
                /// What happens when its template has another version.
                on_template_change: String, Note, default "\"report\"",
                    is $crate::schema::Type::OneOf(&["report", "rerun_scripts", "replace"]);
                /// Processor cores.
                cores: u32, $size, default "1", is $crate::schema::Type::Int(1, 8192);
                /// Memory.
                memory: $crate::model::Size, $size, default $memory;
                /// The first disk.
                disk: $crate::model::Size, Live, default $disk;
                /// The storage of its disks; by default the node's.
                storage: Option<String>, $storage, optional;
                /// The storage that was chosen.
                disks: Option<String>, Note, derived "self.storage ?? self.on.disks";
                /// The network it joins.
                network: Option<$crate::model::Ref>, Live,
                    default "if length(all.network) == 1 then first(all.network) else null",
                    is $crate::schema::Type::Ref(&["network"]);
                /// Its address: one of the network, `"auto"` or `"dhcp"`.
                ip: String, Restart, default "if self.network != null && \
                    length(self.network.pool) > 0 then \"auto\" else \"dhcp\"",
                    is $crate::kinds::guest_parts::ip_or_word(), choose Ip;
                /// The bridge; by default the node's.
                bridge: Option<String>, $bridge, derived "self.network?.bridge ?? self.on.bridge";
                /// The way out.
                gateway: Option<std::net::IpAddr>, Restart, derived "self.network?.gateway";
                /// How many leading bits its network's addresses share.
                prefix: Option<i64>, Restart, derived "if self.network == null then null \
                    else prefix(self.network.cidr)";
                /// The VLAN tag.
                vlan: Option<i64>, $bridge, derived "self.network?.vlan";
                /// The MTU of the network.
                mtu: Option<i64>, $bridge, derived "self.network?.mtu";
                /// Name servers.
                nameservers: Option<Vec<std::net::IpAddr>>, $dns, derived "self.network?.dns";
                /// The domain it searches.
                domain: Option<String>, $dns, derived "self.network?.domain";
                /// More network interfaces, by their names inside.
                nic: Option<std::collections::BTreeMap<String, $crate::kinds::guest_parts::Nic>>,
                    $bridge, optional, is $crate::kinds::guest_parts::nics();
                /// What the networks of its further interfaces say.
                links: Option<$crate::kinds::guest_parts::Links>,
                    $bridge, derived "if self.nic == null then null else \
                        {for name, nic in self.nic : name => { \
                        bridge = nic.network.bridge, vlan = nic.network.vlan, \
                        mtu = nic.network.mtu, prefix = prefix(nic.network.cidr) }}";
                /// Who may log in.
                users: std::collections::BTreeMap<String, $crate::kinds::guest::User>, Live,
                    default "{}";
                /// Public keys of root.
                ssh_keys: Vec<String>, $keys, default "[]";
                /// The password of root.
                password: Option<$crate::model::Text>, $keys, optional;
                /// The owner's own scripts.
                provision: Option<$crate::kinds::guest::Provision>, Live, optional;
                /// It starts when its node does.
                on_boot: bool, Live, default "true";
                /// Its place in the order in which a node starts its guests.
                boot_order: Option<u32>, Live, optional, is $crate::schema::Type::Int(1, 9999);
                /// It runs.
                start: bool, Live, default "true";
                /// Its time zone.
                timezone: Option<String>, Live, optional;
                /// Proxmox refuses to remove it and its disks, whoever asks.
                protection: Option<bool>, Live, optional;
                /// Words that Proxmox shows beside it.
                tags: Vec<String>, Live, default "[]";
                $($own)*
            }
        }

        impl $name {
            fn guest<'a>(
                &'a self,
                id: &'a $crate::model::ObjectId,
            ) -> $crate::kinds::guest::Guest<'a> {
                let vmid = $crate::kinds::guest::number(&self.id);
                $crate::kinds::guest::Guest {
                    id,
                    cluster: &self.cluster,
                    node: &self.node,
                    vmid,
                    api: $api,
                }
            }

            fn storage_name(&self) -> &str {
                self.disks.as_deref().unwrap_or("local-lvm")
            }

            /// What every guest is told about itself.
            fn common_config(&self) -> std::collections::BTreeMap<String, $crate::model::Text> {
                let flag = |on: bool| if on { "1" } else { "0" }.to_owned();
                let mut tags = vec!["paas".to_owned()];
                tags.extend(self.tags.iter().cloned());
                let mut config = $crate::kinds::guest::body_of([
                    ("cores", self.cores.to_string()),
                    ("memory", self.memory.mib().to_string()),
                    ("onboot", flag(self.on_boot)),
                    ("tags", tags.join(";")),
                ]);
                let servers = self.nameservers.iter().flatten().map(ToString::to_string);
                let optional = [
                    ("nameserver", servers.collect::<Vec<_>>().join(" ")),
                    ("searchdomain", self.domain.clone().unwrap_or_default()),
                    ("startup", self.boot_order.map_or(String::new(), |it| format!("order={it}"))),
                    ("protection", self.protection.map_or(String::new(), flag)),
                ];
                let written = optional.into_iter().filter(|(_, value)| !value.is_empty());
                config.extend(written.map(|(name, value)| (name.to_owned(), value.into())));
                config
            }

            /// The steps that make it as a copy of a guest template, and give it what it is told.
            fn copy(
                &self,
                guest: $crate::kinds::guest::Guest<'_>,
                uid: &str,
                source: &$crate::kinds::guest_parts::Source,
                config: std::collections::BTreeMap<String, $crate::model::Text>,
            ) -> Vec<$crate::model::Step> {
                let mut unused = std::collections::BTreeMap::new();
                let mut steps = self.join_pool(guest, &mut unused);
                let copy = $crate::kinds::guest::Copy {
                    source,
                    uid,
                    name: &self.hostname,
                    pool: self.pool.as_deref(),
                    linked: self.linked == Some(true),
                    storage: self.storage_name(),
                };
                steps.extend(guest.copy(&copy));
                steps.push(guest.call($crate::model::Method::Put, "/config", config));
                steps
            }

            /// What is done before it is made.
            fn join_pool(
                &self,
                guest: $crate::kinds::guest::Guest<'_>,
                config: &mut std::collections::BTreeMap<String, $crate::model::Text>,
            ) -> Vec<$crate::model::Step> {
                let Some(pool) = &self.pool else { return Vec::new() };
                config.insert("pool".to_owned(), pool.clone().into());
                vec![guest.pool(pool)]
            }

            /// What runs inside a fresh one, or again when one of these parts has changed.
            fn set_up(
                &self,
                guest: $crate::kinds::guest::Guest<'_>,
                wants: impl Fn(&str) -> bool,
            ) -> Vec<$crate::model::Step> {
                let template = (self.scripted && wants("template_version"))
                    .then(|| guest.template(&self.template))
                    .flatten();
                let users = (wants("users") || wants("timezone"))
                    .then(|| guest.users(&self.users, self.timezone.as_deref()))
                    .flatten();
                let provision =
                    wants("provision").then(|| guest.provision(self.provision.as_ref()));
                template.into_iter().chain(users).chain(provision.flatten()).collect()
            }

            /// Whether a part of it runs again in an update.
            fn runs_again(&self, part: &str, has: impl Fn(&str) -> bool) -> bool {
                let rerun = self.provision.as_ref().map_or("never", |it| it.rerun.as_str());
                match part {
                    "provision" => rerun == "always" || rerun != "never" && has(part),
                    part => has(part),
                }
            }

            /// Whether something of it is taken up only when it starts again; moving a container
            /// restarts it by itself.
            fn restarts(&self, before: &$name, changed: &[&str]) -> bool {
                let is_place = |choice| choice == Some($crate::schema::Choice::Node);
                let fields = <$name as $crate::schema::Fields>::fields();
                let fields = fields.iter().filter(|it| changed.contains(&it.name));
                let restart = Some($crate::schema::Class::Restart);
                fields
                    .filter(|field| !is_place(field.choice))
                    .any(|field| $crate::kinds::Kind::class(self, before, field) == restart)
            }

            /// Reads what it names, and objects to addresses and places that nothing can have.
            fn complete_guest(
                &mut self,
                around: &dyn $crate::kinds::Around,
            ) -> Vec<$crate::kinds::Objection> {
                let mut objections = Vec::new();
                if let Some(provision) = &mut self.provision {
                    objections.extend(provision.complete(|path| around.read(path)));
                }
                objections.extend($crate::kinds::guest::bad_users(&self.users));
                let password = self.password.iter();
                objections.extend(password.filter_map(|it| {
                    let line = $crate::model::Form::Line;
                    $crate::kinds::variables::unwritable("password", it, line)
                }));
                objections
            }

            fn guest_readings() -> Vec<$crate::kinds::Reading> {
                vec![
                    $crate::kinds::Reading::expression("machine", "The machine itself.", "self"),
                    $crate::kinds::Reading::expression(
                        "guest_id",
                        "Its number, as for everything that may be a guest.",
                        "self.id",
                    ),
                    $crate::kinds::Reading::expression(
                        "fqdn",
                        "Its full name.",
                        "if self.domain == null then self.hostname \
                         else \"\\(self.hostname).\\(self.domain)\"",
                    ),
                    $crate::kinds::Reading::fact(
                        "mac",
                        "Its hardware address.",
                        $crate::schema::Type::Str,
                    ),
                    $crate::kinds::Reading::fact(
                        "outdated",
                        "Its template has another version than the one it is made from.",
                        $crate::schema::Type::Bool,
                    ),
                ]
            }
        }
    };
}
pub(super) use guest;
