"""Closes the network to this process for good, as the service's sandbox does, also for a user who
runs `dictate run` by hand. What is dictated then stays on this machine, whatever the imported code
or the loaded model contains.

The kernel refuses: only Unix sockets can be made from then on, in every thread and every child.
"""

import errno
import socket
from typing import Final

from dictate.translation import _

_SOCKET_FAMILY: Final = 0
"""The argument of socket(2) that says what the socket can reach."""


def close_network() -> str:
    """Close it; a line for the user that says why it is still open, or "" if it is closed."""
    try:
        _refuse()
    except (ImportError, RuntimeError, OSError) as error:
        # The service's sandbox may have closed it, and forbidden this call as well.
        why = _("it cannot be closed ({error})").format(error=error)
    else:
        why = _("closing it did nothing")
    return (
        "" if closed() else _("the engine process could reach the network: {why}").format(why=why)
    )


def closed() -> bool:
    """Whether no Internet socket can be made here."""
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.socket(family, socket.SOCK_DGRAM).close()
        except OSError:
            continue
        return False
    return True


def _refuse() -> None:
    # Where the library (libseccomp.so.2) is missing, the import raises RuntimeError.
    import pyseccomp

    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    rules.set_attr(pyseccomp.Attr.CTL_TSYNC, 1)
    no_such_family = pyseccomp.ERRNO(errno.EAFNOSUPPORT)
    rules.add_rule(
        no_such_family, "socket", pyseccomp.Arg(_SOCKET_FAMILY, pyseccomp.NE, socket.AF_UNIX)
    )
    # io_uring makes sockets, too. Libraries do without it if the kernel has none.
    rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "io_uring_setup")
    rules.load()
