/* R34: calls that block do what they always do, but for whom they make wait. Each scenario is a
 * node; its peers are threads, to which the runtime is invisible. thread and pool show that the
 * expectations are those of the C library. */
#include "scenario.h"

#include <fcntl.h>
#include <netdb.h>
#include <semaphore.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <sys/un.h>

#define BULK (4u << 20)

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

/* ---- peers ----------------------------------------------------------------------------------- */

/* Reads to the end, in small pieces with pauses, and checks that the bytes are in order. */
static void *slow_reader(void *argument)
{
    int fd = *(int *)argument;
    static _Thread_local unsigned char buffer[64 << 10];
    size_t total = 0;
    for (;;) {
        ssize_t got = read(fd, buffer, sizeof buffer);
        CHECK(got >= 0);
        for (ssize_t i = 0; i < got; i++)
            CHECK(buffer[i] == (unsigned char)((total + (size_t)i) * 7 >> 8));
        total += (size_t)got;
        if (got == 0)
            return (void *)total;
        if (total % (1 << 20) < sizeof buffer)
            usleep(2000);
    }
}

static unsigned char *bulk_new(void)
{
    unsigned char *bulk = malloc(BULK);
    CHECK(bulk != NULL);
    for (size_t i = 0; i < BULK; i++)
        bulk[i] = (unsigned char)(i * 7 >> 8);
    return bulk;
}

/* Writes "abc", when told to "defgh", and when told to closes; each time so late that whoever reads
 * is likely to be waiting by then. */
struct hesitant {
    int fds[2];
    sem_t go;
    pthread_t thread;
};

static void *hesitant_writer(void *argument)
{
    struct hesitant *self = argument;
    usleep(10000);
    CHECK(write(self->fds[1], "abc", 3) == 3);
    sem_wait(&self->go);
    usleep(10000);
    CHECK(write(self->fds[1], "defgh", 5) == 5);
    sem_wait(&self->go);
    usleep(10000);
    close(self->fds[1]);
    return NULL;
}

static int hesitant_start(struct hesitant *writer)
{
    pair_new(SOCK_STREAM, writer->fds);
    sem_init(&writer->go, 0, 0);
    writer->thread = thread_run(hesitant_writer, writer);
    return writer->fds[0];
}

static void hesitant_end(struct hesitant *writer)
{
    CHECK(pthread_join(writer->thread, NULL) == 0);
    sem_destroy(&writer->go);
    close(writer->fds[0]);
}

/* ---- sending --------------------------------------------------------------------------------- */

enum how { SEND, WRITE, WRITEV, SENDMSG };

static void send_bulk(enum how how, int fds[2])
{
    unsigned char *bulk = bulk_new();
    pthread_t reader = thread_run(slow_reader, &fds[1]);
    void *received;
    struct iovec parts[20];
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 20};
    for (size_t i = 0; i < 20; i++) {
        size_t from = BULK * i / 20, to = BULK * (i + 1) / 20;
        parts[i] = (struct iovec){bulk + from, to - from};
    }
    ssize_t sent = how == SEND     ? send(fds[0], bulk, BULK, MSG_NOSIGNAL)
                   : how == WRITE  ? write(fds[0], bulk, BULK)
                   : how == WRITEV ? writev(fds[0], parts, 20)
                                   : sendmsg(fds[0], &message, 0);
    CHECK(sent == BULK);
    close(fds[0]);
    CHECK(pthread_join(reader, &received) == 0);
    CHECK((size_t)received == BULK);
    close(fds[1]);
    free(bulk);
}

static void send_whole(void)
{
    int fds[2];
    pair_new(SOCK_STREAM, fds);
    send_bulk(SEND, fds);
    pair_new(SOCK_STREAM, fds);
    send_bulk(WRITEV, fds);
    pair_new(SOCK_STREAM, fds);
    send_bulk(SENDMSG, fds);
}

static void write_whole(void)
{
    int fds[2], pipes[2];
    pair_new(SOCK_STREAM, fds);
    send_bulk(WRITE, fds);
    CHECK(pipe(pipes) == 0);
    send_bulk(WRITE, (int[]){pipes[1], pipes[0]});
    CHECK(pipe(pipes) == 0);
    send_bulk(WRITEV, (int[]){pipes[1], pipes[0]});
}

static void send_file_whole(void)
{
    int fds[2];
    void *received;
    unsigned char *bulk = bulk_new();
    FILE *file = tmpfile();
    CHECK(file != NULL);
    CHECK(write(fileno(file), bulk, BULK) == BULK);
    pair_new(SOCK_STREAM, fds);
    pthread_t reader = thread_run(slow_reader, &fds[1]);
    off_t offset = 0;
    CHECK(sendfile(fds[0], fileno(file), &offset, BULK + 10) == BULK);
    CHECK(offset == BULK);
    CHECK((fcntl(fds[0], F_GETFL) & O_NONBLOCK) == 0);
    close(fds[0]);
    CHECK(pthread_join(reader, &received) == 0);
    CHECK((size_t)received == BULK);
    close(fds[1]);
    fclose(file);
    free(bulk);
}

/* A part may have gone before the limit was over; then nothing goes at all. */
static void send_limit(void)
{
    int fds[2];
    unsigned char *bulk = bulk_new();
    pair_new(SOCK_STREAM, fds);
    set_timeout(fds[0], SO_SNDTIMEO, 30);
    ssize_t sent = send(fds[0], bulk, BULK, 0);
    CHECK(sent > 0 && sent < BULK);
    CHECK(send(fds[0], bulk, BULK, 0) == -1 && errno == EAGAIN);
    close_both(fds);
    free(bulk);
}

static void send_to_nobody(void)
{
    int fds[2];
    pair_new(SOCK_STREAM, fds);
    close(fds[1]);
    CHECK(write(fds[0], "x", 1) == -1 && errno == EPIPE);
    CHECK(send(fds[0], "x", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE);
    close(fds[0]);
}

/* ---- receiving ------------------------------------------------------------------------------- */

static void receive_what_is_there(void)
{
    struct hesitant writer;
    char data[16];
    int fd = hesitant_start(&writer);
    CHECK(read(fd, data, sizeof data) == 3);
    sem_post(&writer.go);
    CHECK(recv(fd, data, sizeof data, MSG_PEEK) == 5);
    CHECK(recv(fd, data, sizeof data, 0) == 5);
    sem_post(&writer.go);
    CHECK(recv(fd, data, sizeof data, 0) == 0);
    hesitant_end(&writer);
}

static void receive_all(void)
{
    struct hesitant writer;
    int fds[2];
    char data[16];
    int fd = hesitant_start(&writer);
    sem_post(&writer.go);
    CHECK(recv(fd, data, 7, MSG_WAITALL) == 7);
    CHECK(memcmp(data, "abcdefg", 7) == 0);
    sem_post(&writer.go);
    CHECK(recv(fd, data, 7, MSG_WAITALL) == 1); /* the end comes first */
    hesitant_end(&writer);

    pair_new(SOCK_DGRAM, fds);
    CHECK(send(fds[1], "abc", 3, 0) == 3);
    CHECK(recv(fds[0], data, 7, MSG_WAITALL) == 3);
    close_both(fds);
}

static void receive_message(void)
{
    struct hesitant writer;
    char a[2], b[2];
    struct iovec parts[2] = {{a, 2}, {b, 2}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    int fd = hesitant_start(&writer);
    CHECK(recvmsg(fd, &message, 0) == 3);
    CHECK(a[0] == 'a' && a[1] == 'b' && b[0] == 'c');
    sem_post(&writer.go);
    CHECK(recvmsg(fd, &message, MSG_WAITALL) == 4);
    CHECK(memcmp(a, "de", 2) == 0 && memcmp(b, "fg", 2) == 0);
    sem_post(&writer.go);
    CHECK(recvmsg(fd, &message, 0) == 1);
    CHECK(recvmsg(fd, &message, 0) == 0);
    hesitant_end(&writer);
}

static void receive_from(void)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in there;
    socklen_t length = sizeof here;
    char data[8];
    int a = socket(AF_INET, SOCK_DGRAM, 0), b = socket(AF_INET, SOCK_DGRAM, 0);
    CHECK(bind(a, (struct sockaddr *)&here, sizeof here) == 0);
    CHECK(getsockname(a, (struct sockaddr *)&here, &length) == 0);
    CHECK(sendto(b, "hello", 5, 0, (struct sockaddr *)&here, sizeof here) == 5);
    length = sizeof there;
    CHECK(recvfrom(a, data, sizeof data, 0, (struct sockaddr *)&there, &length) == 5);
    CHECK(there.sin_family == AF_INET && length == sizeof there);
    close(a);
    close(b);
}

static void receive_limit(void)
{
    int fds[2];
    char data[8];
    pair_new(SOCK_STREAM, fds);
    CHECK(recv(fds[0], data, 1, MSG_DONTWAIT) == -1 && errno == EAGAIN);
    set_timeout(fds[0], SO_RCVTIMEO, 20);
    uint64_t before = flux_now();
    CHECK(read(fds[0], data, sizeof data) == -1 && errno == EAGAIN);
    CHECK(flux_now() - before >= 15000000);
    CHECK(write(fds[1], "ab", 2) == 2);
    CHECK(recv(fds[0], data, 4, MSG_WAITALL) == 2);
    set_timeout(fds[0], SO_RCVTIMEO, 0);
    CHECK(write(fds[1], "c", 1) == 1);
    CHECK(read(fds[0], data, 1) == 1);
    close_both(fds);
}

static void receive_without_waiting(void)
{
    int fds[2], pipes[2], on = 1, off = 0;
    char data[8] = {0};
    pair_new(SOCK_STREAM | SOCK_NONBLOCK, fds);
    CHECK(read(fds[0], data, 1) == -1 && errno == EAGAIN);
    CHECK(recv(fds[0], data, 1, 0) == -1 && errno == EAGAIN);
    CHECK(ioctl(fds[0], FIONBIO, &off) == 0);
    set_timeout(fds[0], SO_RCVTIMEO, 10);
    CHECK(read(fds[0], data, 1) == -1 && errno == EAGAIN);
    CHECK(ioctl(fds[0], FIONBIO, &on) == 0);
    CHECK(read(fds[0], data, 1) == -1 && errno == EAGAIN);
    close_both(fds);
    CHECK(pipe2(pipes, O_NONBLOCK) == 0);
    CHECK(read(pipes[0], data, 1) == -1 && errno == EAGAIN);
    ssize_t sent = 0, part;
    while ((part = write(pipes[1], data, sizeof data)) > 0)
        sent += part;
    CHECK(part == -1 && errno == EAGAIN && sent > 0);
    close_both(pipes);
}

/* ---- connecting ------------------------------------------------------------------------------ */

static void *late_client(void *argument)
{
    usleep(20000);
    int fd = connection_new(argument);
    CHECK(write(fd, "x", 1) == 1);
    close(fd);
    return NULL;
}

static void accept_late(void)
{
    struct sockaddr_in address;
    char byte;
    int listener = listener_new(&address);
    set_timeout(listener, SO_RCVTIMEO, 10);
    CHECK(accept(listener, NULL, NULL) == -1 && errno == EAGAIN);
    set_timeout(listener, SO_RCVTIMEO, 0);
    CHECK((fcntl(listener, F_GETFL) & O_NONBLOCK) == 0);
    pthread_t client = thread_run(late_client, &address);
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    CHECK(fd >= 0);
    CHECK((fcntl(fd, F_GETFL) & O_NONBLOCK) == 0);
    CHECK(fcntl(fd, F_GETFD) == FD_CLOEXEC);
    CHECK(read(fd, &byte, 1) == 1 && read(fd, &byte, 1) == 0);
    CHECK(pthread_join(client, NULL) == 0);
    close(fd);

    CHECK(fcntl(listener, F_SETFL, fcntl(listener, F_GETFL) | O_NONBLOCK) == 0);
    CHECK(accept(listener, NULL, NULL) == -1 && errno == EAGAIN);
    CHECK((fcntl(listener, F_GETFL) & O_NONBLOCK) != 0);
    CHECK(fcntl(listener, F_SETFL, fcntl(listener, F_GETFL) & ~O_NONBLOCK) == 0);
    client = thread_run(late_client, &address);
    fd = accept(listener, NULL, NULL);
    CHECK(fd >= 0);
    CHECK(pthread_join(client, NULL) == 0);
    close(fd);
    close(listener);
}

/* A listener on which a flow has waited still blocks the threads that use it as well. */
static void *accepting_thread(void *argument)
{
    int fd = accept(*(int *)argument, NULL, NULL);
    CHECK(fd >= 0);
    close(fd);
    return NULL;
}

static void accept_on_thread(void)
{
    struct sockaddr_in address;
    int listener = listener_new(&address);
    set_timeout(listener, SO_RCVTIMEO, 1);
    CHECK(accept(listener, NULL, NULL) == -1 && errno == EAGAIN);
    set_timeout(listener, SO_RCVTIMEO, 0);
    int copy = dup(listener);
    pthread_t a = thread_run(accepting_thread, &listener), b = thread_run(accepting_thread, &copy);
    usleep(10000);
    close(connection_new(&address));
    close(connection_new(&address));
    CHECK(pthread_join(a, NULL) == 0 && pthread_join(b, NULL) == 0);
    close(listener);
    close(copy);
}

static void connect_refused(void)
{
    struct sockaddr_in address;
    int listener = listener_new(&address);
    close(listener);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(connect(fd, (struct sockaddr *)&address, sizeof address) == -1);
    CHECK(errno == ECONNREFUSED);
    CHECK((fcntl(fd, F_GETFL) & O_NONBLOCK) == 0);
    close(fd);
}

/* The queue of a local listener is full: connect waits until there is room. */
static void *slow_accepter(void *argument)
{
    usleep(20000);
    for (int i = 0; i < 4; i++) {
        int fd = accept(*(int *)argument, NULL, NULL);
        CHECK(fd >= 0);
        close(fd);
    }
    return NULL;
}

static void connect_local(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX}; /* the kernel chooses a name */
    socklen_t length = sizeof address;
    int fds[4], listener = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK(bind(listener, (struct sockaddr *)&address, sizeof address.sun_family) == 0);
    CHECK(getsockname(listener, (struct sockaddr *)&address, &length) == 0);
    CHECK(listen(listener, 0) == 0);
    pthread_t accepter = thread_run(slow_accepter, &listener);
    for (int i = 0; i < 4; i++) {
        fds[i] = socket(AF_UNIX, SOCK_STREAM, 0);
        CHECK(connect(fds[i], (struct sockaddr *)&address, length) == 0);
    }
    CHECK(pthread_join(accepter, NULL) == 0);
    for (int i = 0; i < 4; i++)
        close(fds[i]);
    close(listener);
}

/* ---- waiting --------------------------------------------------------------------------------- */

static void poll_limit(void)
{
    int fds[2];
    pair_new(SOCK_STREAM, fds);
    struct pollfd polls[2] = {{.fd = fds[0], .events = POLLIN},
                              {.fd = fds[0], .events = POLLIN | POLLPRI}};
    uint64_t before = flux_now();
    CHECK(poll(polls, 2, 0) == 0);
    CHECK(poll(polls, 2, 30) == 0);
    CHECK(flux_now() - before >= 30000000);
    CHECK(ppoll(polls, 2, &(struct timespec){.tv_nsec = 10000000}, NULL) == 0);
    CHECK(poll(NULL, 0, 5) == 0);
    polls[1].events = POLLOUT;
    CHECK(poll(polls, 2, -1) == 1 && polls[1].revents == POLLOUT);
    polls[1].fd = 1 << 29;
    CHECK(poll(polls, 2, -1) == 1 && polls[1].revents == POLLNVAL);
    CHECK(ppoll(polls, 1, &(struct timespec){.tv_nsec = -1}, NULL) == -1 && errno == EINVAL);
    close_both(fds);
}

static void *late_hang_up(void *argument)
{
    usleep(20000);
    close(*(int *)argument);
    return NULL;
}

static void poll_hang_up(void)
{
    int fds[2];
    pair_new(SOCK_STREAM, fds);
    struct pollfd polls = {.fd = fds[0]}; /* no events: but this one is always told */
    pthread_t closer = thread_run(late_hang_up, &fds[1]);
    CHECK(poll(&polls, 1, -1) == 1);
    CHECK(polls.revents == POLLHUP);
    CHECK(pthread_join(closer, NULL) == 0);
    close(fds[0]);
}

static void select_limit(void)
{
    int fds[2];
    fd_set in, out;
    pair_new(SOCK_STREAM, fds);
    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_SET(fds[0], &in);
    struct timeval limit = {0, 20000};
    uint64_t before = flux_now();
    CHECK(select(fds[0] + 1, &in, NULL, NULL, &limit) == 0);
    CHECK(flux_now() - before >= 20000000);
    CHECK(!FD_ISSET(fds[0], &in));
    FD_SET(fds[0], &in);
    FD_SET(fds[0], &out);
    limit = (struct timeval){30, 0};
    CHECK(select(fds[0] + 1, &in, &out, NULL, &limit) == 1);
    CHECK(!FD_ISSET(fds[0], &in) && FD_ISSET(fds[0], &out));
    CHECK(limit.tv_sec == 29 || limit.tv_sec == 30);
    CHECK(pselect(0, NULL, NULL, NULL, &(struct timespec){.tv_nsec = 1000000}, NULL) == 0);
    CHECK(select(-1, NULL, NULL, NULL, NULL) == -1 && errno == EINVAL);
    close_both(fds);
}

static void sleep_enough(void)
{
    uint64_t before = flux_now();
    CHECK(usleep(3300) == 0);
    CHECK(flux_now() - before >= 3300000);
    CHECK(nanosleep(&(struct timespec){.tv_nsec = 1500000}, NULL) == 0);
    CHECK(flux_now() - before >= 4800000);
    CHECK(nanosleep(&(struct timespec){.tv_nsec = 1000000000}, NULL) == -1 && errno == EINVAL);
    struct timespec moment;
    clock_gettime(CLOCK_REALTIME, &moment);
    CHECK(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &moment, NULL) == 0);
    before = flux_now();
    clock_gettime(CLOCK_MONOTONIC, &moment);
    moment.tv_sec += 1;
    CHECK(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &moment, NULL) == 0);
    CHECK(flux_now() - before >= 1000000000);
    CHECK(clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){-1, 0}, NULL) == EINVAL);
    CHECK(sleep(0) == 0);
    CHECK(usleep(0) == 0);
}

/* ---- files, names, numbers ------------------------------------------------------------------- */

static void read_files(void)
{
    char data[64], more[8];
    FILE *file = tmpfile();
    CHECK(file != NULL);
    int fd = fileno(file);
    struct iovec parts[2] = {{data, 4}, {more, 8}};
    CHECK(write(fd, "0123456789", 10) == 10);
    CHECK(fsync(fd) == 0 && fdatasync(fd) == 0);
    CHECK(pread(fd, data, sizeof data, 3) == 7 && memcmp(data, "3456789", 7) == 0);
    CHECK(read(fd, data, sizeof data) == 0);
    CHECK(lseek(fd, 0, SEEK_SET) == 0);
    CHECK(readv(fd, parts, 2) == 10 && memcmp(more, "456789", 6) == 0);
    CHECK(lseek(fd, 0, SEEK_CUR) == 10);
    /* What is not in the page cache comes from the disk. */
    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    CHECK(pread(fd, data, sizeof data, 0) == 10 && memcmp(data, "0123456789", 10) == 0);
    CHECK(pread(fd, data, 1, -1) == -1 && errno == EINVAL);
    fclose(file);
    fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
    CHECK(read(fd, data, sizeof data) > 0);
    close(fd);
    fd = open("/", O_RDONLY | O_CLOEXEC);
    CHECK(read(fd, data, 1) == -1 && errno == EISDIR);
    close(fd);
    fd = open("/dev/zero", O_RDWR | O_CLOEXEC);
    CHECK(read(fd, data, sizeof data) == sizeof data && write(fd, data, 5) == 5);
    close(fd);
    CHECK(read(-1, data, 1) == -1 && errno == EBADF);
    CHECK(write(fd, data, 1) == -1 && errno == EBADF);
    CHECK(close(fd) == -1 && errno == EBADF);
}

static void look_up(void)
{
    struct addrinfo *found = NULL, hints = {.ai_socktype = SOCK_STREAM};
    char host[64];
    CHECK(getaddrinfo("127.0.0.1", "80", &hints, &found) == 0);
    CHECK(((struct sockaddr_in *)found->ai_addr)->sin_port == htons(80));
    CHECK(getnameinfo(found->ai_addr, found->ai_addrlen, host, sizeof host, NULL, 0,
                      NI_NUMERICHOST) == 0);
    CHECK(strcmp(host, "127.0.0.1") == 0);
    freeaddrinfo(found);
    struct hostent *entry = gethostbyname("127.0.0.1");
    CHECK(entry && entry->h_addrtype == AF_INET);
    CHECK(getaddrinfo(NULL, "80", NULL, &found) == 0);
    freeaddrinfo(found);
    CHECK(getaddrinfo("no port", "of this name", NULL, &found) != 0);
}

/* A number that is closed while its neighbour is waited for, and then means something else. */
static void numbers_again(void)
{
    char byte;
    for (int i = 0; i < 100; i++) {
        int fds[2], files = open("/dev/null", O_RDONLY | O_CLOEXEC);
        CHECK(files >= 0 && read(files, &byte, 1) == 0);
        close(files);
        pair_new(SOCK_STREAM, fds);
        pthread_t writer = thread_run(late_hang_up, &fds[1]);
        if (i % 2)
            CHECK(poll(&(struct pollfd){.fd = fds[0], .events = POLLIN}, 1, -1) == 1);
        CHECK(read(fds[0], &byte, 1) == 0);
        CHECK(pthread_join(writer, NULL) == 0);
        int copy = dup(fds[0]); /* keeps what the number meant alive */
        if (i % 3)
            close(fds[0]);
        else
            CHECK(dup2(copy, fds[0]) == fds[0]);
        if (i % 3 == 0)
            close(fds[0]);
        close(copy);
    }
}

SCENARIOS(send_whole, write_whole, send_file_whole, send_limit, send_to_nobody,
          receive_what_is_there, receive_all, receive_message, receive_from, receive_limit,
          receive_without_waiting, accept_late, accept_on_thread, connect_refused, connect_local,
          poll_limit, poll_hang_up, select_limit, sleep_enough, read_files, look_up, numbers_again);
