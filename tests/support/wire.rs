//! A wire between `paas` and a server on loopback, which a test can cut and mend.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

/// What a wire does with what is sent through it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// All of it arrives.
    Whole,
    /// Connections break, and no new one comes about.
    Broken,
    /// Nothing arrives, and nobody is told; what was sent arrives once the wire is mended.
    Silent,
    /// What is asked arrives, the answers do only once the wire is mended.
    Deaf,
    /// So many bytes of answers still arrive, then it is as [`Cut::Broken`].
    After(u64),
}

/// A port that leads to another one.
pub struct Wire {
    /// Where it begins.
    pub port: u16,
    inside: Arc<Inside>,
}

struct Inside {
    to: u16,
    cut: Mutex<Cut>,
    changed: Condvar,
    /// Every connection that was made is of one age; those of older ages are dead.
    age: AtomicU64,
    left: AtomicU64,
    gone: AtomicBool,
}

/// The way of bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    There,
    Back,
}

impl Wire {
    /// A wire to a port of this machine.
    pub fn to(port: u16) -> Wire {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let from = listener.local_addr().unwrap().port();
        let inside = Arc::new(Inside {
            to: port,
            cut: Mutex::new(Cut::Whole),
            changed: Condvar::new(),
            age: AtomicU64::new(0),
            left: AtomicU64::new(0),
            gone: AtomicBool::new(false),
        });
        let carries = Arc::clone(&inside);
        thread::spawn(move || {
            for connection in listener.incoming() {
                if carries.gone.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(client) = connection else { continue };
                let carries = Arc::clone(&carries);
                thread::spawn(move || carries.connect(client));
            }
        });
        Wire { port: from, inside }
    }

    /// Cuts the wire.
    pub fn cut(&self, how: Cut) {
        if let Cut::After(bytes) = how {
            self.inside.left.store(bytes, Ordering::SeqCst);
        }
        *self.inside.cut() = how;
        if how == Cut::Broken {
            self.inside.age.fetch_add(1, Ordering::SeqCst);
        }
        self.inside.changed.notify_all();
    }

    /// Mends it; what is under way arrives.
    pub fn mend(&self) {
        self.cut(Cut::Whole);
    }

    /// Mends it for new connections; the old ones break, and nothing of them arrives.
    pub fn mend_anew(&self) {
        self.cut(Cut::Broken);
        self.cut(Cut::Whole);
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.inside.gone.store(true, Ordering::SeqCst);
        self.cut(Cut::Broken);
        // Whoever waits for connections wakes up once more.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

impl Inside {
    fn cut(&self) -> MutexGuard<'_, Cut> {
        self.cut.lock().unwrap()
    }

    fn connect(self: &Arc<Inside>, client: TcpStream) {
        let age = self.age.load(Ordering::SeqCst);
        if matches!(*self.cut(), Cut::Broken) || !self.passes(age, Way::There) {
            return;
        }
        let Ok(server) = TcpStream::connect(("127.0.0.1", self.to)) else { return };
        let (Ok(from), Ok(to)) = (client.try_clone(), server.try_clone()) else { return };
        let back = Arc::clone(self);
        thread::spawn(move || back.carry(to, from, age, Way::Back));
        self.carry(client, server, age, Way::There);
    }

    /// Waits until something may pass; it never will on a connection that is dead.
    fn passes(&self, age: u64, way: Way) -> bool {
        let mut cut = self.cut();
        loop {
            if self.age.load(Ordering::SeqCst) != age {
                return false;
            }
            match (*cut, way) {
                (Cut::Whole | Cut::After(_), _) | (Cut::Deaf, Way::There) => return true,
                (Cut::Broken, _) => return false,
                (Cut::Silent, _) | (Cut::Deaf, Way::Back) => {
                    cut = self.changed.wait(cut).unwrap();
                }
            }
        }
    }

    /// How many of these bytes of an answer arrive before the wire breaks.
    fn share(&self, size: usize, way: Way) -> usize {
        if way == Way::There || !matches!(*self.cut(), Cut::After(_)) {
            return size;
        }
        let left = usize::try_from(self.left.load(Ordering::SeqCst)).unwrap();
        self.left.store(left.saturating_sub(size) as u64, Ordering::SeqCst);
        size.min(left)
    }

    /// Carries bytes one way until one end closes or the wire breaks.
    fn carry(&self, mut from: TcpStream, mut to: TcpStream, age: u64, way: Way) {
        let _ = from.set_read_timeout(Some(Duration::from_millis(20)));
        let mut bytes = [0; 8192];
        loop {
            if self.age.load(Ordering::SeqCst) != age {
                break;
            }
            match from.read(&mut bytes) {
                Ok(0) => {
                    // Not even that arrives where nothing does.
                    if self.passes(age, way) {
                        let _ = to.shutdown(Shutdown::Write);
                        return;
                    }
                    break;
                }
                Ok(read) => {
                    if !self.passes(age, way) {
                        break;
                    }
                    let share = self.share(read, way);
                    if to.write_all(&bytes[..share]).is_err() {
                        break;
                    }
                    if share < read {
                        *self.cut() = Cut::Broken;
                        self.age.fetch_add(1, Ordering::SeqCst);
                        self.changed.notify_all();
                        break;
                    }
                }
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(_) => break,
            }
        }
        let _ = from.shutdown(Shutdown::Both);
        let _ = to.shutdown(Shutdown::Both);
    }
}
