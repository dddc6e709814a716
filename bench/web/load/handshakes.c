/* handshakes.c PORT PATH SECONDS [resume] - connections over TLS with one request each, from a few
 * clients at once. Handshakes are full ones, or, with `resume`, all
 * but each client's first resume its session. Prints 'made N resumed M VERSION CIPHER GROUP'; fails
 * if an answer is wrong or missing. */
#include "client.h"

#include <openssl/ssl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CLIENTS 8

struct client {
    pthread_t thread;
    SSL_SESSION *session; /* the last one; NULL: a full handshake is next */
    size_t made, resumed;
};

static SSL_CTX *context;
static int port;
static int64_t end;
static bool resume;
static char request[512], negotiated[128];
static size_t request_size;

/* From any of the threads, while the others go on: so nothing may be taken down. */
static void fail(const char *what)
{
    fprintf(stderr, "handshakes: %s\n", what);
    _exit(EXIT_FAILURE);
}

/* One answer; tickets of TLS 1.3 have come with it. */
static void ask(SSL *ssl)
{
    struct client_response response = {0};
    enum client_state state = CLIENT_WAITS;
    char bytes[16384];

    if (SSL_write(ssl, request, (int)request_size) != (int)request_size)
        fail("cannot send");
    while (state == CLIENT_WAITS) {
        int count = SSL_read(ssl, bytes, sizeof bytes);
        if (count <= 0)
            fail("the connection was closed");
        state = client_take(&response, bytes, (size_t)count);
    }
    if (state == CLIENT_WRONG)
        fail("a wrong answer");
}

static void visit(struct client *client)
{
    SSL *ssl = SSL_new(context);
    int fd = client_connect(port, 0);

    if (ssl == NULL || fd < 0 || SSL_set_fd(ssl, fd) != 1)
        fail("no connection");
    if (client->session != NULL)
        SSL_set_session(ssl, client->session);
    if (SSL_connect(ssl) != 1)
        fail("no handshake");
    client->made++;
    client->resumed += SSL_session_reused(ssl) == 1;
    ask(ssl);
    if (resume) {
        SSL_SESSION_free(client->session);
        client->session = SSL_get1_session(ssl);
    }
    SSL_shutdown(ssl);
    SSL_free(ssl);
    close(fd);
}

static void *run(void *client)
{
    while (client_now() < end)
        visit(client);
    return NULL;
}

/* What the handshakes agree upon, by one that does not count. */
static void look(void)
{
    SSL *ssl = SSL_new(context);
    int fd = client_connect(port, 0);

    if (ssl == NULL || fd < 0 || SSL_set_fd(ssl, fd) != 1 || SSL_connect(ssl) != 1)
        fail("no handshake");
    snprintf(negotiated, sizeof negotiated, "%s %s %s", SSL_get_version(ssl),
             SSL_get_cipher_name(ssl), SSL_group_to_name(ssl, (int)SSL_get_negotiated_group(ssl)));
    SSL_shutdown(ssl);
    SSL_free(ssl);
    close(fd);
}

int main(int argc, char **argv)
{
    static struct client clients[CLIENTS];
    double seconds = argc > 3 ? strtod(argv[3], NULL) : 0;
    size_t made = 0, resumed = 0;

    if (seconds <= 0) {
        fputs("usage: handshakes PORT PATH SECONDS [resume]\n", stderr);
        return EXIT_FAILURE;
    }
    port = atoi(argv[1]);
    resume = argc > 4 && strcmp(argv[4], "resume") == 0;
    request_size = client_request(request, sizeof request, argv[2], "Connection: close\r\n");
    context = SSL_CTX_new(TLS_client_method());
    if (context == NULL)
        fail("no memory");
    SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);
    look();
    end = client_now() + (int64_t)(seconds * 1e9);
    for (size_t i = 0; i < CLIENTS; i++) {
        if (pthread_create(&clients[i].thread, NULL, run, &clients[i]) != 0)
            fail("no thread");
    }
    for (size_t i = 0; i < CLIENTS; i++) {
        pthread_join(clients[i].thread, NULL);
        made += clients[i].made;
        resumed += clients[i].resumed;
    }
    printf("made %zu resumed %zu %s\n", made, resumed, negotiated);
    return EXIT_SUCCESS;
}
