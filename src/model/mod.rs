//! The nouns: plain values that every later stage shares.

mod address;
mod bundle;
mod calendar;
mod form;
mod hidden;
mod keeping;
mod look;
mod module;
mod step;
mod text;
mod units;
mod value;

pub use address::{Address, Key, ObjectId, Ref};
pub use bundle::{Bundle, BundleFound, exports, quoted, quoted_text, run, script, within};
pub use calendar::is_calendar;
pub use form::{Form, is_variable};
pub use hidden::Hidden;
pub use keeping::{Keeping, Relocation, SecretStore};
pub use look::{Answer, ClusterSeen, GuestKind, GuestSeen, MachineSeen, Mark, NodeSeen};
pub use look::{Question, ServiceSeen, StorageSeen};
pub use module::{InnerAction, InnerChange, Module, ModuleSeen, OutputType};
pub use step::{Call, Command, Condition, Effect, File, Method, Outcome, Step, Target, Wait};
pub use text::{Late, Piece, Text, digest, digest_all};
pub use units::{Cidr, Duration, Port, PortRange, Protocol, Size};
pub use value::{Object, Value};
