/* lent.c - which listeners the runtime has made non-blocking without their users' knowledge.
 *
 * O_NONBLOCK belongs to what several descriptors, and several processes, may share: copies made by
 * dup, and a listener that `initial` has opened for --processes. Whoever meets it through another
 * number must be able to tell a loan from the user's wish. The kernel numbers all sockets
 * (SO_COOKIE) and uses no number twice, so the loans are a set of such numbers, in memory that
 * processes share. Closing takes none out, as others may have the socket still; when the set is
 * full, an old one makes room.
 */
#include "loop/loop.h"

#include <sys/mman.h>
#include <sys/socket.h>

#define LOANS 512u

static struct {
    atomic_uint count; /* loans ever made: without any, nobody need ask the kernel */
    _Atomic uint64_t cookies[LOANS];
} * loans;

/* Before main, and thus before there are processes. Without memory nothing is lent. */
__attribute__((constructor)) static void loans_start(void)
{
    void *memory =
        mmap(NULL, sizeof *loans, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    loans = memory == MAP_FAILED ? NULL : memory;
}

/* 0: no socket. */
static uint64_t cookie_of(int fd)
{
    uint64_t cookie = 0;
    socklen_t length = sizeof cookie;
    return getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &length) == 0 ? cookie : 0;
}

/* Puts `to` where `from` stands. */
static bool replace(uint64_t from, uint64_t to)
{
    for (unsigned i = 0; i < LOANS; i++) {
        uint64_t found = from;
        if (atomic_load_explicit(&loans->cookies[i], memory_order_relaxed) == from &&
            atomic_compare_exchange_strong(&loans->cookies[i], &found, to))
            return true;
    }
    return false;
}

bool fluxi_loan_find(int fd)
{
    uint64_t cookie =
        loans && atomic_load_explicit(&loans->count, memory_order_relaxed) ? cookie_of(fd) : 0;
    return cookie != 0 && replace(cookie, cookie);
}

bool fluxi_loan_make(int fd)
{
    uint64_t cookie = loans ? cookie_of(fd) : 0;
    if (cookie == 0)
        return false;
    unsigned number = atomic_fetch_add(&loans->count, 1);
    if (!replace(0, cookie))
        atomic_store(&loans->cookies[number % LOANS], cookie);
    return true;
}

void fluxi_loan_end(int fd)
{
    uint64_t cookie = loans ? cookie_of(fd) : 0;
    if (cookie != 0)
        replace(cookie, 0);
}
