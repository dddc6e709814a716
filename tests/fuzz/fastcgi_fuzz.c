/* fastcgi_fuzz.c - what a FastCGI application sends, up to the head and the body of its answer. The
 * first byte says how the stream is cut: however that is, it has to be read as the same answer. */
#include "cgi.h"
#include "fastcgi.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct answer {
    int error;
    struct fastcgi_input input;
    struct cgi_response head;
    size_t body, complaints;
};

static void read_stdout(struct answer *answer, struct http_text piece)
{
    size_t used = 0;
    if (!answer->head.whole)
        answer->error = cgi_response_take(&answer->head, piece, &used);
    answer->body += piece.length - used;
}

static void read_answer(struct answer *answer, const uint8_t *data, size_t size, size_t step)
{
    memset(answer, 0, sizeof *answer);
    for (size_t at = 0; at < size && answer->error == 0; at += step) {
        size_t here = size - at < step ? size - at : step;
        char *copy = malloc(here);
        if (copy == NULL)
            abort();
        memcpy(copy, data + at, here);
        struct http_text rest = {copy, here}, piece;
        enum fastcgi_kind kind = FASTCGI_STDOUT;
        while (answer->error == 0 && kind != FASTCGI_NOTHING) {
            answer->error = fastcgi_next(&answer->input, &rest, &kind, &piece);
            if (answer->error == 0 && kind == FASTCGI_STDOUT)
                read_stdout(answer, piece);
            if (answer->error == 0 && kind == FASTCGI_STDERR)
                answer->complaints += piece.length;
        }
        free(copy);
    }
}

/* What goes on to the client: lines that end with CR LF, and no other control character. */
static void check_fields(const struct cgi_response *head)
{
    if (head->used > 0 && memcmp(head->fields + head->used - 2, "\r\n", 2) != 0)
        abort();
    for (size_t i = 0; i < head->used; i++) {
        unsigned char c = (unsigned char)head->fields[i];
        bool ends = (c == '\r' && head->fields[i + 1] == '\n') ||
                    (c == '\n' && i > 0 && head->fields[i - 1] == '\r');
        if (c < ' ' && c != '\t' && !ends)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct answer whole, pieces;
    if (size < 1)
        return 0;
    read_answer(&whole, data + 1, size - 1, size);
    read_answer(&pieces, data + 1, size - 1, (size_t)data[0] % 16 + 1);
    if (whole.error != pieces.error)
        abort();
    if (whole.error == 0 &&
        (whole.body != pieces.body || whole.complaints != pieces.complaints ||
         whole.input.ended != pieces.input.ended || whole.head.status != pieces.head.status ||
         whole.head.used != pieces.head.used ||
         memcmp(whole.head.fields, pieces.head.fields, whole.head.used) != 0))
        abort();
    if (whole.head.whole)
        check_fields(&whole.head);
    return 0;
}
