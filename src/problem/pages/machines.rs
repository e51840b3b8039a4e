//! Pages about single machines: P631x, P632x.

use super::Page;

pub(super) const PAGES: &[Page] = &[
    Page::new(
        "P6310",
        "not a machine",
        "`paas exec` and `paas shell` take the address of a machine in the manifest, like \
         `host.web`. `paas host-key` also takes its name or its address in the network, with the \
         port when it is an unusual one: `10.0.0.7:2222`, `[fd00::7]:2222`.",
    ),
    Page::new(
        "P6311",
        "a machine does not do what was asked",
        "It cannot be reached, lets nobody in, shows a key that is not known, or went away while a \
         command ran. The message says which, and what was tried.",
    ),
    Page::new(
        "P6312",
        "another host key",
        "A machine proves by its host key that it is the one that is meant. A key is only written \
         down when it is the one that was named on the command line, and it takes the place of \
         another only with `paas host-key replace`. A machine that was installed anew has a new \
         key; if it was not, somebody may stand between. On the machine itself, `ssh-keygen -lf \
         /etc/ssh/ssh_host_ed25519_key.pub` shows the fingerprint.",
    ),
    Page::new(
        "P6313",
        "no project is begun",
        "`paas init` writes a first manifest into a folder that has none. It needs the address of a \
         node and the network of the guests, from the command line or by asking, and only writes \
         what passes `paas check`.",
    ),
    Page::new(
        "P6314",
        "nothing is imported",
        "`paas import` writes guests that are on a cluster into a manifest, each with the line \
         `adopt` that takes it over. It needs a manifest with the cluster, and guests that no \
         project looks after and that the login may read.",
    ),
    Page::new(
        "P6315",
        "an imported guest is not all that was written",
        "What `paas import` writes is planned before it is shown. This warning names what the \
         plan would change beside the mark that says whose the guest is: options that the \
         language has no word for, or a way of writing that has another meaning. Change the text \
         until the plan shows what you want. `apply` changes nothing that the plan did not show.",
    ),
    Page::new(
        "P6321",
        "Docker and an old AppArmor profile",
        "From version 1.3.3 on, runc sets values of the kernel in a way that older AppArmor profiles \
         for containers refuse. Docker then ends with `ip_unprivileged_port_start` and `permission \
         denied`, whatever the image is, and nothing in the container is wrong. Update the node, \
         whose `lxc-pve` brings the newer profile, and restart the container. Until then an older \
         `containerd.io` works, or a `vm`.",
    ),
    Page::new(
        "P6322",
        "Docker in a container that does not let it nest",
        "Docker mounts file systems and makes namespaces for its own containers. An unprivileged \
         container allows that with `features { nesting = true }`. `paas check` tells it for \
         containers of the manifest (P6103), and this is what a machine itself says, for instance \
         when somebody changed the container by hand. The container has to restart for it.",
    ),
    Page::new(
        "P6323",
        "Docker in a container without keys",
        "Some versions of Docker keep a key in the kernel for each of their containers, which an \
         unprivileged container allows with `features { keyctl = true }`. Proxmox lets only root \
         set it, so the cluster needs an `ssh` block, by which `pct set` is run on the node.",
    ),
];
