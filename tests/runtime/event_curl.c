/* R34: libcurl, as it is, makes only its own flow wait: a server answers no request before it has
 * got all of them, and they come from flows of one loop. */
// runtimes: event trace
#include "peers.h"

#if __has_include(<curl/curl.h>)
#include <curl/curl.h>
#include <dlfcn.h>

#define FLOWS 5

/* The functions are loaded, so that the test need not be linked with the library; that it is found
 * by way of dlopen makes no difference to what is intercepted. */
static struct {
    CURL *(*init)(void);
    CURLcode (*setopt)(CURL *, CURLoption, ...);
    CURLcode (*perform)(CURL *);
    void (*cleanup)(CURL *);
    CURLcode (*global_init)(long);
} curl;

static bool load(void)
{
    void *library = dlopen("libcurl.so.4", RTLD_NOW);
    if (!library)
        return false;
    *(void **)&curl.init = dlsym(library, "curl_easy_init");
    *(void **)&curl.setopt = dlsym(library, "curl_easy_setopt");
    *(void **)&curl.perform = dlsym(library, "curl_easy_perform");
    *(void **)&curl.cleanup = dlsym(library, "curl_easy_cleanup");
    *(void **)&curl.global_init = dlsym(library, "curl_global_init");
    return curl.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

static struct sockaddr_in address;
static int listener, begun;
static _Atomic int ended;
static pthread_t server;

struct frame {
    struct flux_flow base;
};

static void *serve(void *argument)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    int fds[FLOWS];
    (void)argument;
    for (int i = 0; i < FLOWS; i++) {
        char request[4096];
        fds[i] = accept(listener, NULL, NULL);
        CHECK(fds[i] >= 0);
        CHECK(read(fds[i], request, sizeof request) > 0);
    }
    for (int i = 0; i < FLOWS; i++) {
        CHECK(write(fds[i], answer, 41) == 41);
        CHECK(write(fds[i], answer + 41, sizeof answer - 1 - 41) > 0);
        close(fds[i]);
    }
    return NULL;
}

static size_t keep(char *data, size_t size, size_t count, void *body)
{
    strncat(body, data, size * count);
    return size * count;
}

static void fetch(void)
{
    char url[64], body[64] = "";
    snprintf(url, sizeof url, "http://localhost:%d/", ntohs(address.sin_port));
    CURL *handle = curl.init();
    CHECK(handle != NULL);
    curl.setopt(handle, CURLOPT_URL, url);
    curl.setopt(handle, CURLOPT_IPRESOLVE, (long)CURL_IPRESOLVE_V4);
    curl.setopt(handle, CURLOPT_PROXY, "");
    curl.setopt(handle, CURLOPT_NOSIGNAL, 1l);
    curl.setopt(handle, CURLOPT_TIMEOUT, 30l);
    curl.setopt(handle, CURLOPT_WRITEFUNCTION, keep);
    curl.setopt(handle, CURLOPT_WRITEDATA, body);
    CHECK(curl.perform(handle) == CURLE_OK);
    CHECK(strcmp(body, "hello") == 0);
    curl.cleanup(handle);
}

static enum flux_next run_Fetch(struct flux_flow *base)
{
    if (base->at == 0) {
        if (begun == FLOWS)
            return flux_source_fail(base, NULL, FLUX_STOP, false);
        begun++;
        return flux_source_done(base, 1);
    }
    fetch();
    ended++;
    return FLUX_ENDED;
}

static int initial(void)
{
    if (!load()) {
        puts("SKIP: there is no libcurl");
        exit(77);
    }
    listener = listener_new(&address);
    server = thread_run(serve, NULL);
    return 0;
}

static int final(void)
{
    CHECK(ended == FLOWS);
    CHECK(pthread_join(server, NULL) == 0);
    close(listener);
    return 0;
}

static const struct flux_source sources[] = {{SOURCE(Fetch, frame)}};
const struct flux_program flux_program = {TEST_PROGRAM("curl"), .sources = sources,
                                          .source_count = 1, .initial = initial, .final = final};
#else
static int initial(void)
{
    puts("SKIP: there is no curl/curl.h");
    exit(77);
}
const struct flux_program flux_program = {TEST_PROGRAM("curl"), .initial = initial};
#endif
