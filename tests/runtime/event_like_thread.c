/* R34: whatever a flow calls answers as it would on a thread. Each scenario is run on a plain
 * thread first and in a flow then, and writes down all it is told: results, errno, data, flags. The
 * two accounts must be equal, so nothing is expected here but that. */
// runtimes: event trace
#include "scenario.h"

#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <pty.h>
#include <stddef.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>

/* ---- accounts -------------------------------------------------------------------------------- */

struct account {
    char text[1 << 16];
    size_t size;
};

/* Of whoever runs a scenario; flows run them one after another. */
static struct account *account;

static void note(const char *what, long result)
{
    int error = errno;
    int size = snprintf(account->text + account->size, sizeof account->text - account->size,
                        "%s: %ld%s%s\n", what, result, result < 0 ? " " : "",
                        result < 0 ? strerror(error) : "");
    CHECK(size > 0 && account->size + (size_t)size < sizeof account->text);
    account->size += (size_t)size;
}

#define NOTE(call) (errno = 0, note(#call, (long)(call)))

/* Runs `function` a little later, on a thread of its own. */
struct later {
    void (*function)(int fd);
    int fd;
    pthread_t thread;
};

static void *later_thread(void *argument)
{
    struct later *later = argument;
    usleep(5000);
    later->function(later->fd);
    return NULL;
}

static void later_start(struct later *later, void (*function)(int fd), int fd)
{
    later->function = function;
    later->fd = fd;
    later->thread = thread_run(later_thread, later);
}

static void later_end(struct later *later)
{
    CHECK(pthread_join(later->thread, NULL) == 0);
}

static void write_abc(int fd)
{
    CHECK(write(fd, "abc", 3) == 3);
}

static void shut_writing(int fd)
{
    CHECK(shutdown(fd, SHUT_WR) == 0);
}

static void close_it(int fd)
{
    close(fd);
}

static void drain(int fd)
{
    char data[4096];
    while (read(fd, data, sizeof data) > 0)
        continue;
}

static void set_timeout(int fd, int option, long milliseconds)
{
    struct timeval limit = {milliseconds / 1000, milliseconds % 1000 * 1000};
    CHECK(setsockopt(fd, SOL_SOCKET, option, &limit, sizeof limit) == 0);
}

static void close_both(const int fds[2])
{
    close(fds[0]);
    close(fds[1]);
}

/* Two ends of a TCP connection. */
static void connection_pair(int fds[2])
{
    struct sockaddr_in address;
    int listener = listener_new(&address);
    fds[0] = connection_new(&address);
    fds[1] = accept(listener, NULL, NULL);
    CHECK(fds[1] >= 0);
    close(listener);
}

/* An address where nothing is, and numbers that the compiler is not to know. */
static void *volatile nowhere = (void *)16;
static volatile int minus_one = -1, too_many = IOV_MAX + 1;
static volatile nfds_t far_too_many = 1u << 30;

/* ---- nothing, and nowhere -------------------------------------------------------------------- */

static void zero_lengths(void)
{
    int fds[2], pipes[2];
    char data[8];
    struct later later;
    connection_pair(fds);
    CHECK(pipe(pipes) == 0);
    NOTE(read(fds[0], data, 0));
    NOTE(read(pipes[0], data, 0));
    NOTE(write(fds[0], data, 0));
    NOTE(write(pipes[1], data, 0));
    NOTE(send(fds[0], data, 0, 0));
    NOTE(readv(fds[0], NULL, 0));
    NOTE(readv(fds[0], &(struct iovec){data, 0}, 1));
    NOTE(writev(fds[0], &(struct iovec){data, 0}, 1));
    NOTE(readv(fds[0], &(struct iovec){data, 0}, minus_one));
    NOTE(recv(fds[0], data, 0, MSG_DONTWAIT));
    NOTE(recv(fds[0], data, 0, MSG_DONTWAIT | MSG_WAITALL));
    later_start(&later, write_abc, fds[1]);
    NOTE(recv(fds[0], data, 0, MSG_WAITALL)); /* waits for something to take nothing of */
    NOTE(recv(fds[0], data, 0, 0));
    NOTE(recv(fds[0], data, 8, 0));
    later_end(&later);
    close_both(fds);
    close_both(pipes);
    pair_new(SOCK_DGRAM, fds);
    NOTE(send(fds[0], data, 0, 0));
    NOTE(recv(fds[1], data, 8, 0));
    NOTE(sendfile(fds[0], fds[1], NULL, 0));
    close_both(fds);
}

__attribute__((unused)) static void bad_pointers(void)
{
    int fds[2], pipes[2];
    connection_pair(fds);
    CHECK(pipe(pipes) == 0);
    CHECK(write(fds[1], "abc", 3) == 3 && write(pipes[1], "abc", 3) == 3);
    NOTE(poll(&(struct pollfd){.fd = fds[0], .events = POLLIN}, 1, -1));
    NOTE(read(fds[0], nowhere, 3));
    NOTE(read(pipes[0], nowhere, 3));
    NOTE(recv(fds[0], nowhere, 3, 0));
    NOTE(recv(fds[0], nowhere, 3, MSG_WAITALL));
    NOTE(write(fds[0], nowhere, 3));
    NOTE(write(pipes[1], nowhere, 3));
    NOTE(recvmsg(fds[0], nowhere, 0));
    NOTE(recvmsg(fds[0], NULL, 0));
    NOTE(sendmsg(fds[0], nowhere, 0));
    NOTE(sendmsg(fds[0], NULL, 0));
    NOTE(sendmsg(fds[0], &(struct msghdr){.msg_iov = nowhere, .msg_iovlen = 2}, 0));
    NOTE(sendto(fds[0], "x", 1, 0, nowhere, 16));
    NOTE(poll(nowhere, 1, 0));
    NOTE(readv(fds[0], &(struct iovec){nowhere, 0}, too_many));
    NOTE(poll(&(struct pollfd){.fd = fds[0]}, far_too_many, 0));
    NOTE(connect(fds[0], nowhere, 16));
    NOTE(accept(fds[0], nowhere, nowhere));
    close_both(fds);
    close_both(pipes);
}

static void bad_descriptors(void)
{
    char data[8] = {0};
    int fds[2], files = open("/dev/null", O_RDWR | O_CLOEXEC), path = open("/", O_PATH | O_CLOEXEC);
    const int numbers[] = {-1, -100, 1 << 20, INT_MAX, INT_MIN, files, path};
    pair_new(SOCK_STREAM, fds);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        int fd = numbers[i];
        struct iovec part = {data, sizeof data};
        struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
        NOTE(read(fd, data, 1));
        NOTE(write(fd, data, 1));
        NOTE(readv(fd, &part, 1));
        NOTE(writev(fd, &part, 1));
        NOTE(pread(fd, data, 1, 0));
        NOTE(recv(fd, data, 1, 0));
        NOTE(recv(fd, data, 1, MSG_WAITALL));
        NOTE(recv(fd, data, 1, MSG_PEEK | MSG_WAITALL));
        NOTE(recvfrom(fd, data, 1, 0, NULL, NULL));
        NOTE(recvmsg(fd, &message, 0));
        NOTE(recvmsg(fd, &message, MSG_WAITALL));
        NOTE(send(fd, data, 1, 0));
        NOTE(sendmsg(fd, &message, 0));
        NOTE(accept(fd, NULL, NULL));
        NOTE(connect(fd, (struct sockaddr *)&(struct sockaddr_in){.sin_family = AF_INET}, 16));
        NOTE(sendfile(fd, files, NULL, 1));
        NOTE(sendfile(fds[0], fd, NULL, 1));
        NOTE(poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 10));
        NOTE(fsync(fd));
        int copy = dup(fd);
        NOTE(copy < 0 ? copy : 0);
        close(copy);
        NOTE(fcntl(fd, F_GETFL));
    }
    NOTE(dup2(-1, fds[0]));
    NOTE(dup2(fds[0], fds[0]));
    NOTE(dup3(fds[0], fds[0], 0));
    NOTE(write(fds[1], "x", 1));
    close_both(fds);
    close(files);
    close(path);
}

/* accept() of what does not listen must not change how it is read. */
static void accept_elsewhere(void)
{
    int fds[2], fd = socket(AF_INET, SOCK_STREAM, 0), files = open("/dev/null", O_RDWR);
    connection_pair(fds);
    NOTE(accept(fds[0], NULL, NULL));
    NOTE(accept(fd, NULL, NULL));
    NOTE(accept(files, NULL, NULL));
    NOTE(syscall(SYS_fcntl, fds[0], F_GETFL) & O_NONBLOCK);
    NOTE(syscall(SYS_fcntl, fd, F_GETFL) & O_NONBLOCK);
    NOTE(syscall(SYS_fcntl, files, F_GETFL) & O_NONBLOCK);
    close_both(fds);
    close(fd);
    close(files);
}

/* ---- streams --------------------------------------------------------------------------------- */

static void shut_down(void)
{
    int fds[2];
    char data[8] = {0};
    struct later later;
    for (int how = SHUT_RD; how <= SHUT_RDWR; how++) {
        connection_pair(fds);
        NOTE(shutdown(fds[0], how));
        NOTE(recv(fds[0], data, 8, how == SHUT_WR ? MSG_DONTWAIT : 0));
        NOTE(send(fds[0], data, 8, MSG_NOSIGNAL));
        NOTE(write(fds[0], data, 8));
        NOTE(send(fds[1], data, 8, MSG_NOSIGNAL));
        NOTE(poll(&(struct pollfd){.fd = fds[0], .events = POLLIN | POLLOUT | POLLRDHUP}, 1, -1));
        close_both(fds);
    }
    pair_new(SOCK_STREAM, fds);
    later_start(&later, shut_writing, fds[1]);
    NOTE(recv(fds[0], data, 8, MSG_WAITALL));
    NOTE(recv(fds[0], data, 8, 0));
    later_end(&later);
    later_start(&later, close_it, fds[1]);
    struct pollfd polls = {.fd = fds[0], .events = POLLERR};
    NOTE(poll(&polls, 1, -1));
    NOTE(polls.revents);
    later_end(&later);
    NOTE(send(fds[0], data, 1, MSG_NOSIGNAL));
    close(fds[0]);
}

static void time_limits(void)
{
    int fds[2];
    char data[8];
    static char much[1 << 20];
    struct iovec parts[2] = {{data, 4}, {data + 4, 4}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    pair_new(SOCK_STREAM, fds);
    set_timeout(fds[0], SO_RCVTIMEO, 20);
    set_timeout(fds[0], SO_SNDTIMEO, 20);
    NOTE(read(fds[0], data, 8));
    NOTE(readv(fds[0], parts, 2));
    NOTE(recvmsg(fds[0], &message, 0));
    NOTE(recvmsg(fds[0], &message, MSG_WAITALL));
    NOTE(recv(fds[0], data, 8, MSG_WAITALL));
    write_abc(fds[1]);
    NOTE(recv(fds[0], data, 8, MSG_PEEK));
    NOTE(recv(fds[0], data, 8, MSG_WAITALL));
    write_abc(fds[1]);
    NOTE(recvmsg(fds[0], &message, MSG_WAITALL));
    NOTE(message.msg_flags);
    NOTE(send(fds[0], much, sizeof much, 0) > 0);
    NOTE(send(fds[0], much, sizeof much, 0));
    NOTE(write(fds[0], much, sizeof much));
    NOTE(writev(fds[0], &(struct iovec){much, sizeof much}, 1));
    struct timeval endless = {LONG_MAX / 4, 0};
    NOTE(setsockopt(fds[0], SOL_SOCKET, SO_RCVTIMEO, &endless, sizeof endless));
    struct later later;
    later_start(&later, write_abc, fds[1]);
    NOTE(read(fds[0], data, 8));
    later_end(&later);
    close_both(fds);
}

/* The room for an address is not what an earlier part of the answer has made of it. */
static void addresses(void)
{
    static const char path[] = "a-name-that-is-longer-than-there-is-room-for";
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    struct later later;
    int fds[2], listener = socket(AF_UNIX, SOCK_STREAM, 0);
    snprintf(name.sun_path + 1, sizeof name.sun_path - 1, "%s-%d", path, getpid());
    socklen_t length = (socklen_t)sizeof name;
    CHECK(bind(listener, (struct sockaddr *)&name, length) == 0 && listen(listener, 1) == 0);
    fds[0] = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK(connect(fds[0], (struct sockaddr *)&name, length) == 0);
    fds[1] = accept(listener, NULL, NULL);
    struct {
        char data[8];
        unsigned char room[10], beyond[64];
    } got;
    memset(&got, 0x55, sizeof got);
    length = sizeof got.room;
    write_abc(fds[1]);
    later_start(&later, write_abc, fds[1]);
    NOTE(recvfrom(fds[0], got.data, 6, MSG_WAITALL, (struct sockaddr *)(void *)got.room, &length));
    later_end(&later);
    NOTE(length);
    for (size_t i = 0; i < sizeof got.beyond; i++)
        CHECK(got.beyond[i] == 0x55);
    NOTE(got.room[9]);
    close_both(fds);
    close(listener);
}

static void many_parts(void)
{
    int fds[2];
    struct later later;
    static char data[IOV_MAX * 512];
    static struct iovec parts[IOV_MAX];
    for (int i = 0; i < IOV_MAX; i++)
        parts[i] = (struct iovec){data + i * 512, i % 7 ? 512 : 0};
    pair_new(SOCK_STREAM, fds);
    later_start(&later, drain, fds[1]);
    NOTE(writev(fds[0], parts, IOV_MAX));
    NOTE(sendmsg(fds[0], &(struct msghdr){.msg_iov = parts, .msg_iovlen = IOV_MAX}, 0));
    NOTE(sendmsg(fds[0], &(struct msghdr){.msg_iov = parts, .msg_iovlen = IOV_MAX + 1}, 0));
    NOTE(sendmsg(fds[0], &(struct msghdr){.msg_iov = parts, .msg_iovlen = 0}, 0));
    close(fds[0]);
    later_end(&later);
    close(fds[1]);
    CHECK(pipe(fds) == 0);
    later_start(&later, drain, fds[0]);
    NOTE(writev(fds[1], parts, IOV_MAX));
    close(fds[1]);
    later_end(&later);
    close(fds[0]);
}

static void descriptors_passed(void)
{
    int fds[2], pipes[2], got = -1;
    char data[8], control[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec part = {data, sizeof data};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    pair_new(SOCK_STREAM, fds);
    CHECK(pipe(pipes) == 0);
    *head = (struct cmsghdr){
        .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))};
    memcpy(CMSG_DATA(head), &pipes[1], sizeof(int));
    NOTE(sendmsg(fds[1], &message, 0));
    memset(control, 0, sizeof control);
    NOTE(recvmsg(fds[0], &message, MSG_CMSG_CLOEXEC | MSG_WAITALL));
    NOTE(message.msg_controllen);
    NOTE(message.msg_flags);
    memcpy(&got, CMSG_DATA(head), sizeof got);
    NOTE(write(got, "abc", 3));
    NOTE(read(pipes[0], data, 8));
    NOTE(fcntl(got, F_GETFD));
    close(got);
    close_both(fds);
    close_both(pipes);
}

static void datagrams(void)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof here;
    struct later later;
    char data[8];
    struct iovec part = {data, 2};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    static char much[1 << 17];
    int a = socket(AF_INET, SOCK_DGRAM, 0), b = socket(AF_INET, SOCK_DGRAM, 0);
    CHECK(bind(a, (struct sockaddr *)&here, sizeof here) == 0);
    CHECK(getsockname(a, (struct sockaddr *)&here, &length) == 0);
    NOTE(connect(b, (struct sockaddr *)&here, sizeof here));
    later_start(&later, write_abc, b);
    NOTE(recvmsg(a, &message, 0));
    NOTE(message.msg_flags & MSG_TRUNC);
    later_end(&later);
    write_abc(b);
    NOTE(recv(a, data, 1, MSG_TRUNC));
    write_abc(b);
    NOTE(recv(a, data, 8, MSG_WAITALL));
    NOTE(send(b, much, sizeof much, 0));
    NOTE(write(b, much, sizeof much));
    close(a);
    NOTE(send(b, "x", 1, 0));
    NOTE(recv(b, data, 8, 0)); /* nobody is there */
    close(b);
}

/* ---- connecting ------------------------------------------------------------------------------ */

static void connecting(void)
{
    struct sockaddr_in address;
    int fds[2], on = 1, listener = listener_new(&address), fd = socket(AF_INET, SOCK_STREAM, 0);
    char data[8];
    NOTE(connect(fd, (struct sockaddr *)&address, sizeof address));
    NOTE(connect(fd, (struct sockaddr *)&address, sizeof address));
    NOTE(connect(fd, (struct sockaddr *)&address, 1));
    fds[1] = accept(listener, NULL, NULL);
    /* A peer that has gone is accepted, and told of. */
    struct linger hard = {1, 0};
    NOTE(setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard));
    close(fd);
    NOTE(recv(fds[1], data, 8, 0));
    NOTE(recv(fds[1], data, 8, 0));
    close(fds[1]);
    fd = connection_new(&address);
    CHECK(setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard) == 0);
    close(fd);
    fds[1] = accept(listener, NULL, NULL);
    NOTE(fds[1] >= 0);
    NOTE(read(fds[1], data, 8));
    close(fds[1]);
    CHECK(ioctl(listener, FIONBIO, &on) == 0);
    NOTE(accept(listener, NULL, NULL));
    close(listener);
    fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    int result = connect(fd, (struct sockaddr *)&address, sizeof address);
    NOTE(result < 0 && (errno == EINPROGRESS || errno == ECONNREFUSED));
    NOTE(poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, -1));
    close(fd);
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "/nonexistent/socket"};
    NOTE(connect(fd, (struct sockaddr *)&name, sizeof name));
    close(fd);
}

/* A queue that stays full. */
static void connecting_in_vain(void)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    socklen_t length = sizeof name;
    int fds[8], listener = socket(AF_UNIX, SOCK_STREAM, 0), made = 0;
    CHECK(bind(listener, (struct sockaddr *)&name, sizeof name.sun_family) == 0);
    CHECK(getsockname(listener, (struct sockaddr *)&name, &length) == 0);
    CHECK(listen(listener, 0) == 0);
    for (int result = 0; result == 0 && made < 8; made++) {
        fds[made] = socket(AF_UNIX, SOCK_STREAM, 0);
        set_timeout(fds[made], SO_SNDTIMEO, 20);
        errno = 0;
        result = connect(fds[made], (struct sockaddr *)&name, length);
        note("connect", result);
    }
    NOTE(fcntl(fds[made - 1], F_GETFL) & O_NONBLOCK);
    while (made > 0)
        close(fds[--made]);
    close(listener);
}

/* A copy of a listener, made before anybody waited for it, blocks as well. */
static void connect_later(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = (in_port_t)port,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    close(connection_new(&address));
}

static void listeners_shared(void)
{
    struct sockaddr_in address;
    struct later later;
    int listener = listener_new(&address), copy = dup(listener);
    set_timeout(listener, SO_RCVTIMEO, 10);
    NOTE(accept(listener, NULL, NULL));
    NOTE(accept(copy, NULL, NULL));
    NOTE(fcntl(copy, F_GETFL) & O_NONBLOCK);
    set_timeout(listener, SO_RCVTIMEO, 0);
    later_start(&later, connect_later, address.sin_port);
    int fd = accept(copy, NULL, NULL);
    NOTE(fd >= 0);
    later_end(&later);
    close(fd);
    close(listener);
    later_start(&later, connect_later, address.sin_port);
    fd = accept4(copy, NULL, NULL, SOCK_NONBLOCK);
    NOTE(fd >= 0);
    NOTE(fcntl(fd, F_GETFL) & O_NONBLOCK);
    later_end(&later);
    close(fd);
    NOTE(fcntl(copy, F_SETFL, fcntl(copy, F_GETFL) | O_NONBLOCK));
    NOTE(accept(copy, NULL, NULL));
    close(copy);
}

/* ---- other descriptors ----------------------------------------------------------------------- */

static void pipes_and_kin(void)
{
    int pipes[2];
    char data[16] = {0};
    uint64_t number = 5, ticks;
    struct later later;
    CHECK(pipe(pipes) == 0);
    later_start(&later, write_abc, pipes[1]);
    NOTE(read(pipes[0], data, 16));
    later_end(&later);
    NOTE(write(pipes[0], data, 1));
    NOTE(read(pipes[1], data, 1));
    later_start(&later, close_it, pipes[1]);
    NOTE(read(pipes[0], data, 1));
    later_end(&later);
    close(pipes[0]);
    CHECK(pipe(pipes) == 0);
    close(pipes[0]);
    NOTE(write(pipes[1], data, 1));
    close(pipes[1]);

    int counter = eventfd(0, EFD_CLOEXEC);
    NOTE(write(counter, data, 3));
    NOTE(write(counter, &number, sizeof number));
    NOTE(read(counter, data, 3));
    NOTE(read(counter, &number, sizeof number));
    NOTE(number);
    close(counter);

    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    struct itimerspec soon = {.it_value.tv_nsec = 10000000};
    CHECK(timerfd_settime(timer, 0, &soon, NULL) == 0);
    NOTE(read(timer, &ticks, sizeof ticks));
    NOTE(ticks);
    NOTE(write(timer, &ticks, sizeof ticks));
    close(timer);
}

/* A counter that is full takes no more until it is read. */
static void read_number(int fd)
{
    uint64_t number;
    CHECK(read(fd, &number, sizeof number) == sizeof number);
}

static void full_counter(void)
{
    int counter = eventfd(0, EFD_CLOEXEC);
    uint64_t number = UINT64_MAX - 10, more = 100;
    struct later later;
    NOTE(write(counter, &number, sizeof number));
    later_start(&later, read_number, counter);
    NOTE(write(counter, &more, sizeof more));
    later_end(&later);
    NOTE(fcntl(counter, F_GETFL) & O_NONBLOCK);
    NOTE(read(counter, &number, sizeof number));
    NOTE(number);
    close(counter);
}

static void terminals(void)
{
    int master, slave;
    char data[64];
    static char much[100000];
    struct later later;
    CHECK(openpty(&master, &slave, NULL, NULL, NULL) == 0);
    NOTE(write(master, "line\nmore", 9));
    NOTE(read(slave, data, sizeof data));
    NOTE(write(master, "\n", 1));
    NOTE(read(slave, data, 2));
    NOTE(read(slave, data, sizeof data));
    later_start(&later, drain, master);
    NOTE(write(slave, much, sizeof much));
    NOTE(fcntl(slave, F_GETFL) & O_NONBLOCK);
    close(slave);
    later_end(&later);
    NOTE(read(master, data, 1));
    close(master);
}

static void files(void)
{
    int fds[2];
    char data[64];
    struct later later;
    FILE *file = tmpfile();
    CHECK(file != NULL);
    int fd = fileno(file);
    off_t offset = 2;
    NOTE(write(fd, "0123456789", 10));
    NOTE(read(fd, data, 5));
    NOTE(pread(fd, data, 64, 4));
    NOTE(pread(fd, data, 64, 400));
    pair_new(SOCK_STREAM, fds);
    NOTE(sendfile(fds[0], fd, &offset, 100));
    NOTE(offset);
    NOTE(sendfile(fds[0], fd, &offset, 100));
    NOTE(sendfile(fds[0], fd, NULL, 100));
    offset = -1;
    NOTE(sendfile(fds[0], fd, &offset, 100));
    NOTE(lseek(fd, 8, SEEK_SET));
    NOTE(sendfile(fds[0], fd, NULL, 100));
    NOTE(lseek(fd, 0, SEEK_CUR));
    NOTE(sendfile(fds[0], fds[1], NULL, 1));
    NOTE(recv(fds[1], data, 64, 0));
    close(fds[1]);
    NOTE(lseek(fd, 0, SEEK_SET));
    NOTE(sendfile(fds[0], fd, NULL, 100));
    close(fds[0]);
    /* poll of a file for what it never has is a nap. */
    NOTE(poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, -1));
    NOTE(poll(&(struct pollfd){.fd = fd}, 1, 20));
    NOTE(poll(&(struct pollfd){.fd = fd, .events = POLLPRI}, 1, 20));
    fd_set except;
    FD_ZERO(&except);
    FD_SET(fd, &except);
    NOTE(select(fd + 1, NULL, NULL, &except, &(struct timeval){0, 20000}));
    pair_new(SOCK_STREAM, fds);
    struct pollfd polls[2] = {{.fd = fd, .events = POLLPRI}, {.fd = fds[0], .events = POLLIN}};
    later_start(&later, write_abc, fds[1]);
    NOTE(poll(polls, 2, -1));
    NOTE(polls[1].revents);
    later_end(&later);
    close_both(fds);
    fclose(file);
}

/* ---- waiting for many ------------------------------------------------------------------------ */

static void poll_many(void)
{
    enum { COUNT = 1000 };
    static struct pollfd polls[COUNT];
    int fds[2];
    struct later later;
    pair_new(SOCK_STREAM, fds);
    for (int i = 0; i < COUNT; i++)
        polls[i] = (struct pollfd){.fd = i % 3 ? -1 - i : fds[0], .events = POLLIN, .revents = 9};
    NOTE(poll(polls, COUNT, 10));
    NOTE(polls[1].revents);
    later_start(&later, write_abc, fds[1]);
    NOTE(poll(polls, COUNT, -1));
    NOTE(polls[COUNT - 1].revents);
    NOTE(polls[1].revents);
    later_end(&later);
    polls[4].fd = 1 << 20;
    NOTE(poll(polls, COUNT, -1));
    NOTE(polls[4].revents);
    NOTE(poll(&(struct pollfd){.fd = -1}, 1, 10));
    close_both(fds);
}

/* Sets that are only as large as they need be. */
static void select_small(void)
{
    int fds[2];
    struct later later;
    struct {
        fd_mask in, guard_in, out, guard_out;
    } sets;
    memset(&sets, 0x55, sizeof sets);
    pair_new(SOCK_STREAM, fds);
    int low = fcntl(fds[0], F_DUPFD, 3);
    CHECK(low < NFDBITS);
    sets.in = (fd_mask)(1ul << low);
    sets.out = 0;
    later_start(&later, write_abc, fds[1]);
    NOTE(select(low + 1, (fd_set *)(void *)&sets.in, (fd_set *)(void *)&sets.out, NULL, NULL));
    later_end(&later);
    NOTE(sets.in == (fd_mask)(1ul << low));
    NOTE(sets.out);
    NOTE(sets.guard_in == 0x5555555555555555);
    NOTE(sets.guard_out == 0x5555555555555555);
    close(low);
    close_both(fds);
}

static void select_large(void)
{
    fd_set in, out;
    int fds[2];
    struct timeval limit = {0, 1100000};
    pair_new(SOCK_STREAM, fds);
    FD_ZERO(&in);
    FD_ZERO(&out);
    NOTE(select(0, NULL, NULL, NULL, &(struct timeval){0, 1000}));
    NOTE(select(0, NULL, NULL, NULL, &(struct timeval){-1, 0}));
    NOTE(select(0, NULL, NULL, NULL, &(struct timeval){0, -1}));
    FD_SET(fds[0], &in);
    FD_SET(fds[0], &out);
    NOTE(select(FD_SETSIZE, &in, &out, NULL, &limit));
    NOTE(limit.tv_sec);
    NOTE(FD_ISSET(fds[0], &in));
    int gone = dup(fds[0]);
    close(gone);
    FD_SET(gone, &in);
    NOTE(select(FD_SETSIZE, &in, NULL, NULL, NULL));
    NOTE(pselect(1, NULL, NULL, NULL, &(struct timespec){0, -1}, NULL));
    NOTE(pselect(1, NULL, NULL, NULL, &(struct timespec){0, 1000000000}, NULL));
    close_both(fds);
}

/* ---- time and names -------------------------------------------------------------------------- */

static uint64_t clock_now(clockid_t clock)
{
    struct timespec now;
    CHECK(clock_gettime(clock, &now) == 0);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void sleeping(void)
{
    struct timespec left = {7, 7};
    NOTE(nanosleep(&(struct timespec){-1, 0}, NULL));
    NOTE(nanosleep(&(struct timespec){0, -1}, NULL));
    NOTE(nanosleep(&(struct timespec){0, 1000000000}, NULL));
    NOTE(nanosleep(&(struct timespec){0, 0}, &left));
    NOTE(left.tv_sec);
    NOTE(clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &(struct timespec){0, 1}, NULL));
    NOTE(clock_nanosleep(1000, 0, &(struct timespec){0, 1}, NULL));
    NOTE(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &(struct timespec){1, 1}, NULL));
    NOTE(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &(struct timespec){-1, 1}, NULL));
    NOTE(usleep(1000000 / 50));
    static const clockid_t clocks[] = {CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME};
    for (size_t i = 0; i < sizeof clocks / sizeof clocks[0]; i++) {
        for (uint64_t pause = 1; pause < 10000000; pause = pause * 7 + 3) {
            uint64_t until = clock_now(clocks[i]) + pause;
            struct timespec moment = {(time_t)(until / 1000000000), (long)(until % 1000000000)};
            NOTE(clock_nanosleep(clocks[i], TIMER_ABSTIME, &moment, NULL));
            CHECK(clock_now(clocks[i]) >= until); /* never early */
            uint64_t before = clock_now(CLOCK_MONOTONIC);
            NOTE(nanosleep(&(struct timespec){0, (long)pause}, NULL));
            CHECK(clock_now(CLOCK_MONOTONIC) >= before + pause);
        }
    }
}

static void names(void)
{
    struct addrinfo *found = NULL, hints = {.ai_socktype = SOCK_STREAM, .ai_family = AF_INET};
    NOTE(getaddrinfo("localhost", "80", &hints, &found));
    NOTE(ntohs(((struct sockaddr_in *)(void *)found->ai_addr)->sin_port));
    freeaddrinfo(found);
    NOTE(getaddrinfo("name.invalid.", "no such service", &hints, &found) != 0);
    hints.ai_flags = AI_NUMERICHOST;
    NOTE(getaddrinfo("not a number", "80", &hints, &found));
    NOTE(getaddrinfo(NULL, NULL, &hints, &found));
    h_errno = 0;
    NOTE(gethostbyname("") == NULL);
    NOTE(h_errno != 0);
}

/* ---- the comparison -------------------------------------------------------------------------- */

static const struct {
    const char *name;
    void (*run)(void);
} table[] = {{"zero_lengths", zero_lengths},
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) /* which would look there */
             {"bad_pointers", bad_pointers},
#endif
             {"bad_descriptors", bad_descriptors},
             {"accept_elsewhere", accept_elsewhere},
             {"shut_down", shut_down},
             {"time_limits", time_limits},
             {"addresses", addresses},
             {"many_parts", many_parts},
             {"descriptors_passed", descriptors_passed},
             {"datagrams", datagrams},
             {"connecting", connecting},
             {"connecting_in_vain", connecting_in_vain},
             {"listeners_shared", listeners_shared},
             {"pipes_and_kin", pipes_and_kin},
             {"full_counter", full_counter},
             {"terminals", terminals},
             {"files", files},
             {"poll_many", poll_many},
             {"select_small", select_small},
             {"select_large", select_large},
             {"sleeping", sleeping},
             {"names", names}};

static void *on_thread(void *argument)
{
    account = calloc(1, sizeof *account);
    CHECK(account != NULL);
    table[*(size_t *)argument].run();
    return account;
}

static void compare(void)
{
    bool equal = true;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        void *wanted, *got;
        pthread_t thread = thread_run(on_thread, &i);
        CHECK(pthread_join(thread, &wanted) == 0);
        got = on_thread(&i);
        if (strcmp(((struct account *)wanted)->text, ((struct account *)got)->text) != 0) {
            fprintf(stderr, "%s on a thread:\n%s\nin a flow:\n%s", table[i].name,
                    ((struct account *)wanted)->text, ((struct account *)got)->text);
            equal = false;
        }
        free(wanted);
        free(got);
    }
    CHECK(equal);
}

SCENARIOS(compare);
