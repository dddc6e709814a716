/* R34: OpenSSL, as it is, makes only its own flow wait, as a client and as a server: the clients
 * are flows, a server flow for each is another, and each reads what somebody has yet to write. */
// runtimes: event trace
#include "peers.h"

#if __has_include(<openssl/ssl.h>)
#include <dlfcn.h>
#include <openssl/ssl.h>

#define PAIRS 5

static struct {
    SSL_CTX *(*ctx_new)(const SSL_METHOD *);
    void (*ctx_free)(SSL_CTX *);
    long (*ctx_ctrl)(SSL_CTX *, int, long, void *);
    int (*ctx_set_cipher_list)(SSL_CTX *, const char *);
    const SSL_METHOD *(*method)(void);
    SSL *(*new)(SSL_CTX *);
    void (*free)(SSL *);
    int (*set_fd)(SSL *, int);
    int (*connect)(SSL *);
    int (*accept)(SSL *);
    int (*read)(SSL *, void *, int);
    int (*write)(SSL *, const void *, int);
    int (*shutdown)(SSL *);
} ssl;

static bool load(void)
{
    void *library = dlopen("libssl.so.3", RTLD_NOW);
    if (!library)
        return false;
    static const char *const names[] = {
        "SSL_CTX_new", "SSL_CTX_free", "SSL_CTX_ctrl", "SSL_CTX_set_cipher_list",
        "TLS_method",  "SSL_new",      "SSL_free",     "SSL_set_fd",
        "SSL_connect", "SSL_accept",   "SSL_read",     "SSL_write",
        "SSL_shutdown"};
    void *functions[sizeof names / sizeof *names];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if ((functions[i] = dlsym(library, names[i])) == NULL)
            return false;
    memcpy(&ssl, functions, sizeof ssl);
    return true;
}

static SSL_CTX *context;
static int fds[PAIRS][2], begun;
static _Atomic int said, ended;

struct frame {
    struct flux_flow base;
    int number;
};

static void talk_as_server(int fd)
{
    char data[64];
    SSL *connection = ssl.new(context);
    CHECK(connection != NULL && ssl.set_fd(connection, fd) == 1);
    CHECK(ssl.accept(connection) == 1);
    CHECK(ssl.read(connection, data, sizeof data) == 5);
    said++;
    while (said < PAIRS) /* all have come this far before one goes on */
        usleep(1000);
    CHECK(ssl.write(connection, "world", 5) == 5);
    CHECK(ssl.read(connection, data, sizeof data) == 0);
    ssl.shutdown(connection);
    ssl.free(connection);
    close(fd);
}

static void talk_as_client(int fd)
{
    char data[64];
    SSL *connection = ssl.new(context);
    CHECK(connection != NULL && ssl.set_fd(connection, fd) == 1);
    CHECK(ssl.connect(connection) == 1);
    CHECK(ssl.write(connection, "hello", 5) == 5);
    CHECK(ssl.read(connection, data, sizeof data) == 5 && memcmp(data, "world", 5) == 0);
    ssl.shutdown(connection);
    ssl.free(connection);
    close(fd);
}

static enum flux_next run_Talk(struct flux_flow *base)
{
    struct frame *frame = (struct frame *)base;
    if (base->at == 0) {
        if (begun == 2 * PAIRS)
            return flux_source_fail(base, NULL, FLUX_STOP, false);
        frame->number = begun++;
        return flux_source_done(base, 1);
    }
    int fd = fds[frame->number / 2][frame->number % 2];
    if (frame->number % 2)
        talk_as_client(fd);
    else
        talk_as_server(fd);
    ended++;
    return FLUX_ENDED;
}

/* Without certificates: an anonymous key exchange, which exists up to TLS 1.2. */
static int initial(void)
{
    if (!load()) {
        puts("SKIP: there is no libssl");
        exit(77);
    }
    context = ssl.ctx_new(ssl.method());
    CHECK(context != NULL);
    ssl.ctx_ctrl(context, SSL_CTRL_SET_MAX_PROTO_VERSION, TLS1_2_VERSION, NULL);
    CHECK(ssl.ctx_set_cipher_list(context, "AECDH-AES128-SHA:@SECLEVEL=0") == 1);
    for (int i = 0; i < PAIRS; i++)
        pair_new(SOCK_STREAM, fds[i]);
    return 0;
}

static int final(void)
{
    CHECK(ended == 2 * PAIRS);
    ssl.ctx_free(context);
    return 0;
}

static const struct flux_source sources[] = {{SOURCE(Talk, frame)}};
const struct flux_program flux_program = {TEST_PROGRAM("openssl"), .sources = sources,
                                          .source_count = 1, .initial = initial, .final = final};
#else
static int initial(void)
{
    puts("SKIP: there is no openssl/ssl.h");
    exit(77);
}
const struct flux_program flux_program = {TEST_PROGRAM("openssl"), .initial = initial};
#endif
