/* faults.c - a library to preload that makes one call of a program's fail.
 *
 *      FAULTS_CALL=accept FAULTS_AT=3 FAULTS_ERROR=24 LD_PRELOAD=.../faults.so ./server
 *
 * Calls are counted from the beginning of main, those of one kind: FAULTS_CALL names it, the table
 * below has them. Beginning with number FAULTS_AT, FAULTS_TIMES of them (1) fail with FAULTS_ERROR,
 * an errno value, without being made; only `close` closes all the same, as Linux does. With the
 * error 0 reads and writes are cut short to one byte instead. Only what can fail so is counted: a
 * file has no ECONNRESET, and what wakes a runtime's own thread has no error at all.
 *
 * The file FAULTS_REPORT gets a line for the first call that fails, with its caller, and at exit
 * the number of calls and what is left behind: blocks that the program itself has allocated (not
 * what a library of its has), and descriptors. With FAULTS_AT=0 nothing fails, which is how one
 * learns which numbers there are.
 *
 * The event runtime defines many of these calls in the program itself; it finds the library's with
 * RTLD_NEXT, which are these.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind {
    NONE,
    MEMORY,
    MAP,
    ACCEPT,
    READ,
    WRITE,
    OPEN,
    CREATE,
    THREAD,
    EPOLL,
    WAIT,
    CLOSE,
    FORK,
    SETUP,
    RENAME
};

static const char *const kinds[] = {
    [NONE] = "",         [MEMORY] = "malloc", /* and its kin */
    [MAP] = "mmap",                           /* and what changes mappings */
    [ACCEPT] = "accept",                      /* accept4 */
    [READ] = "read",                          /* recv, readv ... */
    [WRITE] = "write",                        /* send, sendmsg, sendfile ... */
    [OPEN] = "open",                          /* openat, fopen */
    [CREATE] = "create", /* of descriptors: socket, pipe, eventfd, epoll_create1 ... */
    [THREAD] = "thread", /* pthread_create */
    [EPOLL] = "epoll",   /* epoll_ctl */
    [WAIT] = "wait",     /* poll, epoll_wait ... */
    [CLOSE] = "close",   /* fclose */
    [FORK] = "fork",     /* fork */
    [SETUP] = "setup",   /* of descriptors: bind, listen, setsockopt, fstat ... */
    [RENAME] = "rename", /* renameat2, and mkdtemp */
};

static struct {
    enum kind kind;
    int error;
    unsigned long at, times;
    const char *report;
} fault;

static atomic_bool armed;
static atomic_ulong calls;
static uintptr_t program_start, program_end; /* where the program's code is */

#define FIND(name)                                                                                 \
    static __typeof__(&name) real;                                                                 \
    if (real == NULL)                                                                              \
    *(void **)(void *)&real = dlsym(RTLD_NEXT, #name)

#define CALLER __builtin_return_address(0)

/* ---- the report ------------------------------------------------------------------------------ */

/* By system calls, none of which is counted. */
__attribute__((format(printf, 1, 2))) static void report(const char *format, ...)
{
    char line[512];
    va_list arguments;
    int error = errno;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (fault.report != NULL && length > 0) {
        long fd = syscall(SYS_openat, AT_FDCWD, fault.report,
                          O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
        syscall(SYS_write, fd, line, length);
        syscall(SYS_close, fd);
    }
    errno = error;
}

/* "server+0x1234", for addr2line. */
static void report_place(const char *what, unsigned long number, const void *place)
{
    Dl_info info;
    const char *file = "?";
    uintptr_t offset = (uintptr_t)place;
    if (dladdr(place, &info) != 0 && info.dli_fname != NULL) {
        const char *slash = strrchr(info.dli_fname, '/');
        file = slash != NULL ? slash + 1 : info.dli_fname;
        offset -= (uintptr_t)info.dli_fbase;
    }
    report("%s %lu %s+%#lx\n", what, number, file, (unsigned long)offset);
}

/* ---- which call fails ------------------------------------------------------------------------ */

/* Can this error happen to reads and writes of this descriptor? */
static bool suits(int fd)
{
    struct stat status;
    if (syscall(SYS_newfstatat, fd, "", &status, AT_EMPTY_PATH) != 0)
        return false;
    switch (fault.error) {
    case 0:
        return S_ISSOCK(status.st_mode) || S_ISREG(status.st_mode);
    case EINTR:
        return S_ISSOCK(status.st_mode) || S_ISREG(status.st_mode) || S_ISFIFO(status.st_mode);
    case EIO:
    case ENOSPC:
        return S_ISREG(status.st_mode);
    default:
        return S_ISSOCK(status.st_mode);
    }
}

/* In calls that are none of the program's own. In the block that comes with the library, since what
 * finds other blocks may allocate. */
static _Thread_local bool exempt __attribute__((tls_model("initial-exec")));

/* True: this call is to fail; errno says how. */
static bool fails(enum kind kind, int fd, const void *caller)
{
    if (kind != fault.kind || exempt || !atomic_load_explicit(&armed, memory_order_relaxed) ||
        ((kind == READ || kind == WRITE) && !suits(fd)))
        return false;
    unsigned long number = atomic_fetch_add(&calls, 1) + 1;
    if (fault.at == 0 || number < fault.at || number - fault.at >= fault.times)
        return false;
    if (number == fault.at)
        report_place("fails", number, caller);
    errno = fault.error;
    return true;
}

/* ---- memory ---------------------------------------------------------------------------------- *
 *
 * Blocks of the program's own stand in a table, to see what is left at the end; complemented, since
 * to a leak detector what the table points to would be in use. What dlsym may ask for while malloc
 * and its kin are being looked for comes from `early`, and stays.
 */
#define BLOCKS 65536u

static struct block {
    uintptr_t hidden; /* 0: no block */
    const void *caller;
} blocks[BLOCKS];
static atomic_flag blocks_lock = ATOMIC_FLAG_INIT;

static char early[65536];
static size_t early_used;
static bool looking; /* at the first call of all, before there is a second thread */

static bool is_early(const void *at)
{
    return (uintptr_t)at - (uintptr_t)early < sizeof early;
}

static void *early_get(size_t size)
{
    size = (size + 15) & ~(size_t)15;
    size_t from = (16 - (uintptr_t)early % 16) % 16;
    if (size > sizeof early - from - early_used)
        return NULL;
    early_used += size;
    return early + from + early_used - size;
}

static unsigned place_of(uintptr_t hidden)
{
    return (unsigned)(hidden >> 4) * 0x9E3779B1u % BLOCKS;
}

static void note(void *at, const void *caller)
{
    if (at == NULL || (uintptr_t)caller - program_start >= program_end - program_start)
        return;
    while (atomic_flag_test_and_set_explicit(&blocks_lock, memory_order_acquire))
        continue;
    uintptr_t hidden = ~(uintptr_t)at;
    unsigned place = place_of(hidden), tried = 0;
    while (blocks[place].hidden != 0 && ++tried < BLOCKS)
        place = (place + 1) % BLOCKS;
    if (tried < BLOCKS)
        blocks[place] = (struct block){hidden, caller};
    atomic_flag_clear_explicit(&blocks_lock, memory_order_release);
}

/* Forgets a block; those behind it that were pushed on move up. */
static void forget(const void *at)
{
    if (at == NULL)
        return;
    while (atomic_flag_test_and_set_explicit(&blocks_lock, memory_order_acquire))
        continue;
    uintptr_t hidden = ~(uintptr_t)at;
    unsigned hole = place_of(hidden);
    while (blocks[hole].hidden != 0 && blocks[hole].hidden != hidden)
        hole = (hole + 1) % BLOCKS;
    for (unsigned place = hole; blocks[hole].hidden != 0;) {
        place = (place + 1) % BLOCKS;
        if (blocks[place].hidden == 0) {
            blocks[hole].hidden = 0;
            break;
        }
        unsigned home = place_of(blocks[place].hidden);
        if ((place - home) % BLOCKS >= (place - hole) % BLOCKS) {
            blocks[hole] = blocks[place];
            hole = place;
        }
    }
    atomic_flag_clear_explicit(&blocks_lock, memory_order_release);
}

static struct {
    __typeof__(&malloc) malloc;
    __typeof__(&calloc) calloc;
    __typeof__(&aligned_alloc) aligned_alloc;
    __typeof__(&realloc) realloc;
    __typeof__(&posix_memalign) posix_memalign;
    __typeof__(&free) free;
} memory;

/* False: they are being looked for. All at once, and before any is used: dlsym frees what an
 * earlier failure has left, of which a sanitizer causes many when it starts, so that to look for
 * `free` in `free` would never end. */
static bool find_memory(void)
{
    static bool found;
    if (found || looking)
        return found;
    looking = true;
#define FIND_MEMORY(name) *(void **)(void *)&memory.name = dlsym(RTLD_NEXT, #name)
    FIND_MEMORY(malloc);
    FIND_MEMORY(calloc);
    FIND_MEMORY(aligned_alloc);
    FIND_MEMORY(realloc);
    FIND_MEMORY(posix_memalign);
    FIND_MEMORY(free);
    looking = false;
    return found = true;
}

#define MEMORY_CALL(name, size, ...)                                                               \
    if (!find_memory())                                                                            \
        return early_get(size);                                                                    \
    if (fails(MEMORY, -1, CALLER))                                                                 \
        return NULL;                                                                               \
    void *block = memory.name(__VA_ARGS__);                                                        \
    note(block, CALLER);                                                                           \
    return block

void *malloc(size_t size)
{
    MEMORY_CALL(malloc, size, size);
}

void *calloc(size_t count, size_t size)
{
    MEMORY_CALL(calloc, count * size, count, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    MEMORY_CALL(aligned_alloc, size, alignment, size);
}

void *realloc(void *old, size_t size)
{
    if (!find_memory())
        return NULL;
    if (fails(MEMORY, -1, CALLER))
        return NULL;
    forget(old);
    void *block = memory.realloc(old, size);
    note(block != NULL || size == 0 ? block : old, CALLER);
    return block;
}

int posix_memalign(void **block, size_t alignment, size_t size)
{
    if (!find_memory())
        return ENOMEM;
    if (fails(MEMORY, -1, CALLER))
        return errno;
    int error = memory.posix_memalign(block, alignment, size);
    if (error == 0)
        note(*block, CALLER);
    return error;
}

void free(void *block)
{
    if (is_early(block) || !find_memory())
        return;
    forget(block);
    memory.free(block);
}

/* ---- the other calls ------------------------------------------------------------------------- */

#define CALL(kind, fd, type, name, parameters, ...)                                                \
    type name parameters                                                                           \
    {                                                                                              \
        FIND(name);                                                                                \
        if (fails(kind, fd, CALLER))                                                               \
            return (type)-1;                                                                       \
        return real(__VA_ARGS__);                                                                  \
    }

/* Reads and writes of `size` bytes. */
#define TRANSFER(kind, type, name, parameters, ...)                                                \
    type name parameters                                                                           \
    {                                                                                              \
        FIND(name);                                                                                \
        if (size > 0 && fails(kind, fd, CALLER)) {                                                 \
            if (fault.error != 0)                                                                  \
                return -1;                                                                         \
            size = 1;                                                                              \
        }                                                                                          \
        return real(__VA_ARGS__);                                                                  \
    }

/* clang-format off */
CALL(MAP, -1, void *, mmap, (void *at, size_t size, int access, int flags, int fd, off_t offset), at, size, access, flags, fd, offset)
CALL(MAP, -1, int, mprotect, (void *at, size_t size, int access), at, size, access)
CALL(MAP, -1, int, madvise, (void *at, size_t size, int advice), at, size, advice)

CALL(ACCEPT, fd, int, accept, (int fd, __SOCKADDR_ARG address, socklen_t *length), fd, address, length)
CALL(ACCEPT, fd, int, accept4, (int fd, __SOCKADDR_ARG address, socklen_t *length, int flags), fd, address, length, flags)

TRANSFER(READ, ssize_t, read, (int fd, void *data, size_t size), fd, data, size)
TRANSFER(READ, ssize_t, recv, (int fd, void *data, size_t size, int flags), fd, data, size, flags)
TRANSFER(READ, ssize_t, recvfrom, (int fd, void *data, size_t size, int flags, __SOCKADDR_ARG from, socklen_t *length), fd, data, size, flags, from, length)
TRANSFER(READ, ssize_t, pread, (int fd, void *data, size_t size, off_t offset), fd, data, size, offset)
CALL(READ, fd, ssize_t, readv, (int fd, const struct iovec *parts, int count), fd, parts, count)
CALL(READ, fd, ssize_t, preadv, (int fd, const struct iovec *parts, int count, off_t offset), fd, parts, count, offset)
CALL(READ, fd, ssize_t, preadv2, (int fd, const struct iovec *parts, int count, off_t offset, int flags), fd, parts, count, offset, flags)
CALL(READ, fd, ssize_t, recvmsg, (int fd, struct msghdr *message, int flags), fd, message, flags)

TRANSFER(WRITE, ssize_t, write, (int fd, const void *data, size_t size), fd, data, size)
TRANSFER(WRITE, ssize_t, send, (int fd, const void *data, size_t size, int flags), fd, data, size, flags)
TRANSFER(WRITE, ssize_t, sendto, (int fd, const void *data, size_t size, int flags, __CONST_SOCKADDR_ARG to, socklen_t length), fd, data, size, flags, to, length)
TRANSFER(WRITE, ssize_t, sendfile, (int fd, int from, off_t *offset, size_t size), fd, from, offset, size)
CALL(WRITE, fd, ssize_t, writev, (int fd, const struct iovec *parts, int count), fd, parts, count)
CALL(WRITE, fd, ssize_t, sendmsg, (int fd, const struct msghdr *message, int flags), fd, message, flags)

CALL(CREATE, -1, int, socket, (int domain, int type, int protocol), domain, type, protocol)
CALL(CREATE, -1, int, socketpair, (int domain, int type, int protocol, int fds[2]), domain, type, protocol, fds)
CALL(CREATE, -1, int, pipe, (int fds[2]), fds)
CALL(CREATE, -1, int, pipe2, (int fds[2], int flags), fds, flags)
CALL(CREATE, -1, int, eventfd, (unsigned start, int flags), start, flags)
CALL(CREATE, -1, int, timerfd_create, (int clock, int flags), clock, flags)
CALL(CREATE, -1, int, epoll_create1, (int flags), flags)
CALL(CREATE, -1, int, dup, (int fd), fd)

CALL(EPOLL, -1, int, epoll_ctl, (int poller, int what, int fd, struct epoll_event *event), poller, what, fd, event)

CALL(WAIT, -1, int, poll, (struct pollfd *polls, nfds_t count, int limit), polls, count, limit)
CALL(WAIT, -1, int, ppoll, (struct pollfd *polls, nfds_t count, const struct timespec *limit, const sigset_t *mask), polls, count, limit, mask)
CALL(WAIT, -1, int, epoll_wait, (int poller, struct epoll_event *events, int most, int limit), poller, events, most, limit)
CALL(WAIT, -1, int, epoll_pwait2, (int poller, struct epoll_event *events, int most, const struct timespec *limit, const sigset_t *mask), poller, events, most, limit, mask)

CALL(FORK, -1, pid_t, fork, (void), )

CALL(SETUP, -1, int, bind, (int fd, __CONST_SOCKADDR_ARG address, socklen_t length), fd, address, length)
CALL(SETUP, -1, int, listen, (int fd, int most), fd, most)
CALL(SETUP, -1, int, getsockname, (int fd, __SOCKADDR_ARG address, socklen_t *length), fd, address, length)
CALL(SETUP, -1, int, setsockopt, (int fd, int level, int name, const void *value, socklen_t length), fd, level, name, value, length)
CALL(SETUP, -1, int, fstat, (int fd, struct stat *status), fd, status)
CALL(SETUP, -1, int, fchmod, (int fd, mode_t mode), fd, mode)

CALL(RENAME, -1, int, rename, (const char *from, const char *to), from, to)
CALL(RENAME, -1, int, renameat2, (int from_folder, const char *from, int to_folder, const char *to, unsigned flags), from_folder, from, to_folder, to, flags)
/* clang-format on */

char *mkdtemp(char *path)
{
    FIND(mkdtemp);
    return fails(RENAME, -1, CALLER) ? NULL : real(path);
}

#define OPENING(name, parameters, ...)                                                             \
    int name parameters                                                                            \
    {                                                                                              \
        mode_t mode = 0;                                                                           \
        if ((flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE) {                          \
            va_list arguments;                                                                     \
            va_start(arguments, flags);                                                            \
            mode = va_arg(arguments, mode_t);                                                      \
            va_end(arguments);                                                                     \
        }                                                                                          \
        FIND(name);                                                                                \
        return fails(OPEN, -1, CALLER) ? -1 : real(__VA_ARGS__, flags, mode);                      \
    }
OPENING(open, (const char *path, int flags, ...), path)
OPENING(openat, (int folder, const char *path, int flags, ...), folder, path)

FILE *fopen(const char *path, const char *how)
{
    FIND(fopen);
    return fails(OPEN, -1, CALLER) ? NULL : real(path, how);
}

int close(int fd)
{
    FIND(close);
    bool bad = fails(CLOSE, -1, CALLER);
    int result = real(fd);
    if (bad)
        errno = fault.error;
    return bad ? -1 : result;
}

int fclose(FILE *file)
{
    FIND(fclose);
    bool bad = fails(CLOSE, -1, CALLER);
    int result = real(file);
    if (bad)
        errno = fault.error;
    return bad ? EOF : result;
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
                   void *argument)
{
    FIND(pthread_create);
    return fails(THREAD, -1, CALLER) ? errno : real(thread, attributes, start, argument);
}

/* A sanitizer asks where the stack of each new thread is, and ends the program if it is not told.
 */
int pthread_getattr_np(pthread_t thread, pthread_attr_t *attributes)
{
    FIND(pthread_getattr_np);
    exempt = (uintptr_t)CALLER - program_start >= program_end - program_start;
    int error = real(thread, attributes);
    exempt = false;
    return error;
}

/* ---- begin and end --------------------------------------------------------------------------- */

static int find_program(struct dl_phdr_info *info, size_t size, void *unused)
{
    (void)size, (void)unused;
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        if (segment->p_type == PT_LOAD && (segment->p_flags & PF_X) != 0) {
            program_start = info->dlpi_addr + segment->p_vaddr;
            program_end = program_start + segment->p_memsz;
        }
    }
    return 1; /* the first is the program */
}

static unsigned long number(const char *name, unsigned long usual)
{
    const char *text = getenv(name);
    return text != NULL ? strtoul(text, NULL, 10) : usual;
}

__attribute__((constructor)) static void begin(void)
{
    const char *name = getenv("FAULTS_CALL");
    dl_iterate_phdr(find_program, NULL);
    for (unsigned i = 0; name != NULL && i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(name, kinds[i]) == 0)
            fault.kind = (enum kind)i;
    fault.at = number("FAULTS_AT", 0);
    fault.times = number("FAULTS_TIMES", 1);
    fault.error = (int)number("FAULTS_ERROR", 0);
    fault.report = getenv("FAULTS_REPORT");
    unsetenv("LD_PRELOAD"); /* it is this program's fault alone */
}

__attribute__((destructor)) static void end(void)
{
    atomic_store(&armed, false);
    unsigned left = 0, descriptors = 0;
    for (unsigned i = 0; i < BLOCKS; i++)
        if (blocks[i].hidden != 0 && left++ < 5)
            report_place("block", left, blocks[i].caller);
    for (int fd = 3; fd < 1024; fd++)
        descriptors += syscall(SYS_fcntl, fd, F_GETFD) >= 0;
    report("end calls %lu blocks %u descriptors %u\n", atomic_load(&calls), left, descriptors);
}

static int (*program_main)(int, char **, char **);

static int counted_main(int argc, char **argv, char **environment)
{
    atomic_store(&armed, true);
    return program_main(argc, argv, environment);
}

typedef int start_main(int (*main)(int, char **, char **), int argc, char **argv,
                       void (*start)(void), void (*finish)(void), void (*unload)(void),
                       void *stack);

start_main __libc_start_main;
int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv,
                      void (*start)(void), void (*finish)(void), void (*unload)(void), void *stack)
{
    FIND(__libc_start_main);
    program_main = main;
    return real(counted_main, argc, argv, start, finish, unload, stack);
}
