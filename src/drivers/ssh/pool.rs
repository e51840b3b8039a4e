//! The connections there are, one for each login, and the commands that run through them.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use crate::drivers::Fault;
use crate::drivers::ssh::connection::{Connection, Trouble};
use crate::drivers::ssh::login::Login;
use crate::drivers::ssh::session::{self, Catch, Exit, Kept, Lost, Rest};
use crate::drivers::ssh::{Place, quote};

/// So many machines are greeted at once: OpenSSH turns down more than ten that are not yet in.
const GREETINGS: usize = 8;

/// So long it may take to end a command.
const ENDING: Duration = Duration::from_secs(8);

/// Ends everything with a mark: politely, after two seconds for good. Tells what is left.
///
/// What has just been sent may not have begun.
const END: &str = r#"found() {
  if grep -V 2>/dev/null | grep -q GNU
  then grep -ls -- "PAAS_RUN=$1" /proc/[0-9]*/environ
  else for e in /proc/[0-9]*/environ; do
    tr '\0' '\n' <"$e" 2>/dev/null | grep -qx "PAAS_RUN=$1" && echo "$e"
  done
  fi 2>/dev/null | tr -dc '0-9\n'
}
i=0 seen=no
while [ $i -lt 30 ]; do
  p=$(found "$1")
  if [ -z "$p" ]; then
    [ $seen = yes ] || [ $i -ge 5 ] && exit 0
  elif [ $i -ge 20 ]; then kill -KILL $p 2>/dev/null
  elif [ $seen = no ]; then seen=yes; kill -TERM $p 2>/dev/null; kill -CONT $p 2>/dev/null
  fi
  sleep 0.1; i=$((i+1))
done
exit 1
"#;

pub(super) struct Shared {
    pub(super) slots: Mutex<BTreeMap<String, Arc<Slot>>>,
    greetings: Semaphore,
    /// Commands that somebody gave up, while they are ended.
    pub(super) ending: Mutex<Vec<JoinHandle<()>>>,
}

/// The connection of one login.
#[derive(Default)]
pub(super) struct Slot {
    pub(super) connection: tokio::sync::Mutex<Option<Arc<Connection>>>,
    refused: Mutex<Option<(Instant, Trouble)>>,
}

/// A command that is under way; who drops it has it ended.
pub(super) struct Running {
    shared: Arc<Shared>,
    at: Place,
    mark: String,
    /// It has ended, or is being ended.
    pub(super) over: bool,
}

/// Why a command did not come to its end.
pub(super) enum Stopped {
    /// There was no connection to begin with.
    Trouble(Trouble),
    /// It was begun, and its end is not known.
    Lost(Lost),
    /// It did not end in time.
    Late(Duration),
}

impl Default for Shared {
    fn default() -> Shared {
        let greetings = Semaphore::new(GREETINGS);
        Shared { slots: Mutex::default(), greetings, ending: Mutex::default() }
    }
}

type Opening<'a> =
    Pin<Box<dyn Future<Output = Result<Option<Arc<Connection>>, Trouble>> + Send + 'a>>;

impl Shared {
    /// The connection of a login: the one there is, or a new one.
    pub(super) async fn connection(&self, login: &Login) -> Result<Arc<Connection>, Trouble> {
        let slot = Arc::clone(held(&self.slots).entry(login.identity()).or_default());
        let asked = Instant::now();
        let mut current = slot.connection.lock().await;
        if let Some(connection) = current.as_ref().filter(|it| !it.is_closed()) {
            return Ok(Arc::clone(connection));
        }
        // Many ask at once when a machine is away; each would wait for its own refusal.
        let refused = held(&slot.refused).clone();
        if let Some((_, trouble)) = refused.filter(|(at, _)| *at > asked) {
            return Err(trouble);
        }
        let jump = self.jump(login).await?;
        let _greeting = self.greetings.acquire().await;
        let opened = Connection::open(login, jump).await;
        *held(&slot.refused) = opened.as_ref().err().map(|it| (Instant::now(), it.clone()));
        let connection = Arc::new(opened?);
        *current = Some(Arc::clone(&connection));
        Ok(connection)
    }

    pub(super) fn jump<'a>(&'a self, login: &'a Login) -> Opening<'a> {
        Box::pin(async move {
            match &login.jump {
                Some(jump) => Ok(Some(self.connection(jump).await?)),
                None => Ok(None),
            }
        })
    }

    /// Loads a script at a place and stays with it until it has ended.
    pub(super) async fn conduct(
        &self,
        at: &Place,
        script: &[u8],
        rest: Rest<'_>,
        out: &mut Catch<'_>,
        err: &mut Catch<'_>,
    ) -> Result<Exit, Stopped> {
        let (login, line) = match at {
            Place::Here => {
                return session::here(script, rest, out, err).await.map_err(Stopped::Lost);
            }
            Place::Host(login) => (login, quote::on_host(login.rights())),
            Place::Container { node, vmid } => (node, quote::in_container(node.rights(), *vmid)),
        };
        let connection = self.connection(login).await.map_err(Stopped::Trouble)?;
        let opened = match connection.channel().await {
            Ok(opened) => opened,
            // It went away while nobody looked, and nothing was sent yet.
            Err(Trouble::Unreachable(_)) => {
                connection.close().await;
                let connection = self.connection(login).await.map_err(Stopped::Trouble)?;
                connection.channel().await.map_err(Stopped::Trouble)?
            }
            Err(trouble) => return Err(Stopped::Trouble(trouble)),
        };
        let (channel, _permit) = opened;
        let end = session::in_channel(channel, &line, script, rest, out, err).await;
        end.map_err(Stopped::Lost)
    }

    /// Ends everything with a mark; whether nothing of it is left.
    pub(super) async fn end(&self, at: &Place, mark: &str) -> bool {
        let Some(script) = quote::script(&[mark], END) else { return false };
        let (mut out, mut err) = (Kept::first(), Kept::last());
        let (mut out, mut err) = (Catch::Keep(&mut out), Catch::Keep(&mut err));
        let ending = self.conduct(at, &script, Rest::Bytes(&[]), &mut out, &mut err);
        matches!(timeout(ENDING, ending).await, Ok(Ok(Exit::Code(0))))
    }
}

impl Running {
    pub(super) fn new(shared: &Arc<Shared>, at: &Place, mark: &str) -> Running {
        let (shared, at, mark) = (Arc::clone(shared), at.clone(), mark.to_owned());
        Running { shared, at, mark, over: false }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.over {
            return;
        }
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (shared, at, mark) = (Arc::clone(&self.shared), self.at.clone(), self.mark.clone());
        let task = runtime.spawn(async move {
            shared.end(&at, &mark).await;
        });
        let mut ending = held(&self.shared.ending);
        ending.retain(|task| !task.is_finished());
        ending.push(task);
    }
}

impl Stopped {
    pub(super) fn fault(self, what: &str, name: &str) -> Fault {
        match self {
            Stopped::Trouble(trouble) => trouble.into(),
            Stopped::Lost(Lost::Refused(why)) => Fault::Refused(format!("{what} on {name}: {why}")),
            Stopped::Lost(Lost::Gone) => {
                Fault::Unknown(format!("the connection was lost with {what} on {name} under way"))
            }
            Stopped::Lost(Lost::Deaf) => {
                Fault::Unknown(format!("nobody takes what {what} on {name} says"))
            }
            Stopped::Late(within) => {
                let secs = within.as_secs();
                Fault::Unknown(format!("{what} on {name} did not end within {secs} s"))
            }
        }
    }
}

/// What a lock guards, even if somebody panicked with it.
pub(super) fn held<T>(lock: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A word that nothing else on a machine has.
pub(super) fn mark() -> Result<String, Fault> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| Fault::Refused(format!("the system gives no random numbers: {error}")))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
