/* replica.c - the work of a replica: /trivial, /normal (a query and a template), /disk (one of some
 * files of 5 MB), /cpu (a computation), /wait (a time in which nothing else is served). */
#include "replica_flux.h"

#include "flux.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ROWS 2000

static const char *files = ".";
static uint64_t file_count = 20, slow = 1, wait_us = 2000, rounds = 400000;
static int listener;
static sqlite3 *database;
static sqlite3_stmt *query;
static uint32_t state = 1;

static const struct flux_option options[] = {
    {"files", "DIR", "where 0 to N-1 are, of 5 MB each", FLUX_STRING, &files, 0, 0, NULL},
    {"file-count", "N", "how many these are", FLUX_NUMBER, &file_count, 1, 100000, NULL},
    {"slow", "N", "everything takes N times as long", FLUX_NUMBER, &slow, 1, 1000, NULL},
    {"wait", "US", "microseconds of /wait", FLUX_NUMBER, &wait_us, 1, 1000000, NULL},
};
FLUX_OPTIONS(options);

static int fill(void)
{
    char text[200];
    if (sqlite3_open(":memory:", &database) != SQLITE_OK ||
        sqlite3_exec(database,
                     "CREATE TABLE item (id INTEGER PRIMARY KEY, shelf INT, name TEXT);"
                     "CREATE INDEX shelf ON item (shelf); BEGIN",
                     NULL, NULL, NULL) != 0)
        return EIO;
    for (int i = 0; i < ROWS; i++) {
        snprintf(text, sizeof text, "INSERT INTO item VALUES (%d, %d, 'thing number %d')", i,
                 i % 100, i);
        sqlite3_exec(database, text, NULL, NULL, NULL);
    }
    sqlite3_exec(database, "COMMIT", NULL, NULL, NULL);
    const char *sql = "SELECT id, name FROM item WHERE shelf = ? ORDER BY name";
    return sqlite3_prepare_v2(database, sql, -1, &query, NULL) == SQLITE_OK ? 0 : EIO;
}

int Prepare(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    int yes = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, 1024) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &size) != 0)
        return errno;
    printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fill();
}

int Finish(void)
{
    sqlite3_finalize(query);
    sqlite3_close(database);
    return close(listener);
}

int Accept(Accept_out *out)
{
    out->request = flux_alloc(sizeof *out->request);
    if (out->request == NULL)
        return ENOMEM;
    out->fd = accept(listener, NULL, NULL);
    return out->fd < 0 ? errno : 0;
}

int Receive(Receive_in *in, Receive_out *out)
{
    request *request = in->request;
    *out = (Receive_out){in->fd, request};
    request->length = 0;
    do {
        ssize_t got = recv(in->fd, request->head + request->length,
                           sizeof request->head - 1 - request->length, 0);
        if (got <= 0)
            return ECONNRESET;
        request->length += (size_t)got;
        request->head[request->length] = '\0';
    } while (strstr(request->head, "\r\n\r\n") == NULL &&
             request->length < sizeof request->head - 1);
    request->keep = strstr(request->head, "Connection: close") == NULL;
    return 0;
}

static void put(request *request, const char *text)
{
    size_t length = strlen(text), room = sizeof request->body - request->body_length;
    if (length > room)
        length = room;
    memcpy(request->body + request->body_length, text, length);
    request->body_length += length;
}

static void template(request *request, unsigned shelf)
{
    char line[200];
    put(request, "<!doctype html><title>A shelf</title><table>");
    sqlite3_bind_int(query, 1, (int)shelf);
    while (sqlite3_step(query) == SQLITE_ROW) {
        snprintf(line, sizeof line, "<tr><td>%d<td>%s</tr>\n", sqlite3_column_int(query, 0),
                 (const char *)sqlite3_column_text(query, 1));
        put(request, line);
    }
    sqlite3_reset(query);
    put(request, "</table>");
}

static void compute(request *request)
{
    volatile uint64_t x = 88172645463325252u;
    char line[40];
    for (uint64_t i = 0; i < rounds * slow; i++)
        x = (x ^ x << 13) * 3 + i;
    snprintf(line, sizeof line, "%llu", (unsigned long long)x);
    put(request, line);
}

int Work(Work_in *in, Work_out *out)
{
    request *request = in->request;
    *out = (Work_out){in->fd, request};
    request->body_length = 0;
    request->file = -1;
    request->file_length = 0;
    state = state * 1664525u + 1013904223u;
    const char *path = request->head + strcspn(request->head, " ") + 1;
    if (strncmp(path, "/normal", 7) == 0) {
        for (uint64_t i = 0; i < slow; i++)
            template(request, (state >> 8) % 100);
    } else if (strncmp(path, "/cpu", 4) == 0) {
        compute(request);
    } else if (strncmp(path, "/wait", 5) == 0) {
        usleep((useconds_t)(wait_us * slow));
        put(request, "waited\n");
    } else if (strncmp(path, "/disk", 5) == 0) {
        char name[1024];
        snprintf(name, sizeof name, "%s/%llu", files,
                 (unsigned long long)((state >> 8) % file_count));
        request->file = open(name, O_RDONLY | O_CLOEXEC);
        if (request->file < 0)
            return errno;
        request->file_length = (size_t)lseek(request->file, 0, SEEK_END);
    } else {
        put(request, "hello, world\n");
    }
    return 0;
}

static int send_all(int fd, const char *data, size_t length)
{
    while (length > 0) {
        ssize_t sent = send(fd, data, length, 0);
        if (sent < 0)
            return errno;
        data += sent;
        length -= (size_t)sent;
    }
    return 0;
}

int Reply(Reply_in *in, Reply_out *out)
{
    request *request = in->request;
    off_t offset = 0;
    *out = (Reply_out){in->fd, request};
    int length = snprintf(
        request->head, sizeof request->head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n%s\r\n",
        request->body_length + request->file_length, request->keep ? "" : "Connection: close\r\n");
    int error = send_all(in->fd, request->head, (size_t)length);
    if (error == 0)
        error = send_all(in->fd, request->body, request->body_length);
    while (error == 0 && (size_t)offset < request->file_length)
        if (sendfile(in->fd, request->file, &offset, request->file_length - (size_t)offset) <= 0)
            error = errno != 0 ? errno : EIO;
    if (request->file >= 0)
        close(request->file);
    request->file = -1;
    return error;
}

int End(End_in *in)
{
    (void)in;
    return 0;
}

int GiveUp(GiveUp_in *in)
{
    (void)in;
    return 0;
}

int Close(Close_in *in)
{
    return close(in->fd);
}

bool KeepsAlive(request *request)
{
    return request->keep;
}
