#include "access_log.h"

#include "flux.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The longest that a text of the client becomes; three of them and the rest fit into a line. */
#define TEXT_SIZE 1200

static int log_file = -1;
static const char *log_name; /* NULL: standard output, or no log */
static bool log_json;

static int open_file(const char *name)
{
    int file = open(name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0644);
    int error = errno;
    if (file < 0)
        flux_log(FLUX_ERROR, "cannot open the access log %s: %s", name, strerror(error));
    errno = error;
    return file;
}

int access_log_open(const char *file, const char *format)
{
    if (strcmp(format, "combined") != 0 && strcmp(format, "json") != 0) {
        flux_log(FLUX_ERROR, "--log-format is combined or json, not '%s'", format);
        return EINVAL;
    }
    log_json = strcmp(format, "json") == 0;
    if (file == NULL)
        return 0;
    if (strcmp(file, "-") == 0)
        log_file = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    else
        log_file = open_file(log_name = file);
    return log_file >= 0 ? 0 : errno;
}

int access_log_reopen(void)
{
    if (log_name == NULL)
        return 0;
    int file = open_file(log_name);
    if (file < 0)
        return errno;
    /* Whoever is writing at this moment writes to one or to the other. */
    dup3(file, log_file, O_CLOEXEC);
    close(file);
    return 0;
}

void access_log_close(void)
{
    if (log_file >= 0)
        close(log_file);
    log_file = -1;
}

bool access_log_wanted(void)
{
    return log_file >= 0;
}

/* Writes the text so that whoever reads the log can tell where it ends. json: escapes as in JSON,
 * else as Apache does. */
static const char *quoted(char to[TEXT_SIZE], struct http_text text, bool json)
{
    size_t out = 0;
    for (size_t i = 0; i < text.length && out + 7 < TEXT_SIZE; i++) {
        unsigned char c = (unsigned char)text.at[i];
        if (c == '"' || c == '\\') {
            to[out++] = '\\';
            to[out++] = (char)c;
        } else if (c >= ' ' && c < 0x7f) {
            to[out++] = (char)c;
        } else {
            out += (size_t)snprintf(to + out, TEXT_SIZE - out, json ? "\\u%04x" : "\\x%02x", c);
        }
    }
    to[out] = '\0';
    return to;
}

/* In combined format a text that is missing is a hyphen. */
static struct http_text or_hyphen(struct http_text text)
{
    return text.at != NULL ? text : (struct http_text){"-", 1};
}

static int line_combined(char *line, const struct access *access, const char *peer,
                         const struct tm *tm)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    char request[TEXT_SIZE], referer[TEXT_SIZE], agent[TEXT_SIZE];
    return snprintf(line, ACCESS_LOG_LINE_SIZE,
                    "%s - - [%02d/%.3s/%04d:%02d:%02d:%02d +0000] \"%s\" %u %llu \"%s\" \"%s\"\n",
                    peer, tm->tm_mday, &months[3 * tm->tm_mon], tm->tm_year + 1900, tm->tm_hour,
                    tm->tm_min, tm->tm_sec,
                    quoted(request, or_hyphen(access->request->line), false), access->status,
                    (unsigned long long)access->bytes,
                    quoted(referer, or_hyphen(access->request->referer), false),
                    quoted(agent, or_hyphen(access->request->user_agent), false));
}

static int line_json(char *line, const struct access *access, const char *peer, const struct tm *tm)
{
    char request[TEXT_SIZE], referer[TEXT_SIZE], agent[TEXT_SIZE];
    return snprintf(line, ACCESS_LOG_LINE_SIZE,
                    "{\"time\":\"%04d-%02d-%02dT%02d:%02d:%02dZ\",\"client\":\"%s\","
                    "\"request\":\"%s\",\"status\":%u,\"bytes\":%llu,\"microseconds\":%llu,"
                    "\"referer\":\"%s\",\"user_agent\":\"%s\"}\n",
                    tm->tm_year + 1900, tm->tm_mon + 1, tm->tm_mday, tm->tm_hour, tm->tm_min,
                    tm->tm_sec, peer, quoted(request, access->request->line, true), access->status,
                    (unsigned long long)access->bytes,
                    (unsigned long long)access->nanoseconds / 1000,
                    quoted(referer, access->request->referer, true),
                    quoted(agent, access->request->user_agent, true));
}

size_t access_log_line(char line[ACCESS_LOG_LINE_SIZE], const struct access *access, bool json,
                       int64_t seconds)
{
    char peer[PEER_TEXT_SIZE];
    struct tm tm;
    time_t when = (time_t)seconds;
    memset(&tm, 0, sizeof tm);
    gmtime_r(&when, &tm);
    peer_text(access->peer, peer);
    int length = (json ? line_json : line_combined)(line, access, peer, &tm);
    return length > 0 && length < ACCESS_LOG_LINE_SIZE ? (size_t)length : 0;
}

void access_log_write(const struct access *access)
{
    char line[ACCESS_LOG_LINE_SIZE];
    if (log_file < 0)
        return;
    size_t length = access_log_line(line, access, log_json, (int64_t)time(NULL));
    /* A disk that is full must not keep the server from serving. */
    if (write(log_file, line, length) < 0)
        flux_log(FLUX_DEBUG, "cannot write to the access log: %s", strerror(errno));
}
