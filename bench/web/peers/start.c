#include "start.h"

#include "documents.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 4096

static void fail(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

static void stop(int number)
{
    (void)number;
    _exit(EXIT_SUCCESS);
}

static void usage(const char *program, const struct start *start)
{
    fprintf(stderr, "usage: %s --root DIR [--listen PORT]%s%s\n", program,
            start->workers != 0 ? " [--workers N]" : "",
            start->sendfile != 0 ? " [--sendfile BYTES]" : "");
    exit(EXIT_FAILURE);
}

static int listen_on(const struct sockaddr_in *address, int socket_flags)
{
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | socket_flags, 0);

    if (listener < 0)
        fail("socket");
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    setsockopt(listener, SOL_SOCKET, SO_REUSEPORT, &(int){1}, sizeof(int));
    /* For the connections, which inherit it. */
    setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    if (bind(listener, (const struct sockaddr *)address, sizeof *address) != 0 ||
        listen(listener, BACKLOG) != 0)
        fail("listen");
    return listener;
}

int start(int argc, char **argv, struct start *start, int socket_flags)
{
    static const struct option options[] = {{"root", required_argument, NULL, 'r'},
                                            {"listen", required_argument, NULL, 'l'},
                                            {"workers", required_argument, NULL, 'w'},
                                            {"sendfile", required_argument, NULL, 's'},
                                            {NULL, 0, NULL, 0}};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    const struct start defaults = *start;
    const char *root = NULL;
    int option, listener;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'r')
            root = optarg;
        else if (option == 'l')
            address.sin_port = htons((uint16_t)strtoul(optarg, NULL, 10));
        else if (option == 'w' && defaults.workers != 0)
            start->workers = strtoul(optarg, NULL, 10);
        else if (option == 's' && defaults.sendfile != 0)
            start->sendfile = strtoul(optarg, NULL, 10);
        else
            usage(argv[0], &defaults);
    }
    if (root == NULL || optind < argc || (start->workers == 0 && defaults.workers != 0))
        usage(argv[0], &defaults);
    documents_load(root, defaults.sendfile != 0);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGTERM, stop);
    listener = listen_on(&address, socket_flags);
    if (getsockname(listener, (struct sockaddr *)&address, &length) != 0)
        fail("getsockname");
    printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

int start_another(int listener, int socket_flags)
{
    struct sockaddr_in address;
    socklen_t length = sizeof address;

    if (getsockname(listener, (struct sockaddr *)&address, &length) != 0)
        fail("getsockname");
    return listen_on(&address, socket_flags);
}

void start_threads(size_t count, void *(*run)(void *), void *argument)
{
    pthread_t thread;

    while (count-- > 0) {
        if (pthread_create(&thread, NULL, run, argument) != 0)
            fail("pthread_create");
        pthread_detach(thread);
    }
}
