#include "json.h"

/* Bytes that are no UTF-8 (of a file name, say) are written as if they were Latin-1. */
static void write_text(FILE *to, const char *text)
{
    fputc('"', to);
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++) {
        unsigned length = *at >= 0xf0 ? 4 : *at >= 0xe0 ? 3 : *at >= 0xc2 ? 2 : 1;
        bool good = *at < 0x80 || length > 1;
        for (unsigned i = 1; good && i < length; i++)
            good = (at[i] & 0xc0) == 0x80;
        if (*at == '"' || *at == '\\')
            fprintf(to, "\\%c", *at);
        else if (*at < ' ' || *at == 0x7f || !good)
            fprintf(to, "\\u%04x", *at);
        else
            at += fwrite(at, 1, length, to) == length ? length - 1 : 0;
    }
    fputc('"', to);
}

static void separate(struct fluxi_json *json, const char *key)
{
    if (json->any)
        fputc(',', json->to);
    if (json->depth > json->line && json->any)
        fputc(' ', json->to);
    else if (json->depth > 0 && json->depth <= json->line)
        fprintf(json->to, "\n%*s", (int)(2 * json->depth), "");
    json->any = true;
    if (key != NULL) {
        write_text(json->to, key);
        fputs(": ", json->to);
    }
}

void fluxi_json_open(struct fluxi_json *json, const char *key, char bracket)
{
    separate(json, key);
    fputc(bracket, json->to);
    json->depth++;
    json->any = false;
}

void fluxi_json_close(struct fluxi_json *json, char bracket)
{
    json->depth--;
    if (json->any && json->depth < json->line)
        fprintf(json->to, "\n%*s", (int)(2 * json->depth), "");
    fputc(bracket, json->to);
    json->any = true;
}

void fluxi_json_put(struct fluxi_json *json, const char *key, const char *format, ...)
{
    va_list arguments;
    separate(json, key);
    va_start(arguments, format);
    vfprintf(json->to, format, arguments);
    va_end(arguments);
}

void fluxi_json_text(struct fluxi_json *json, const char *key, const char *text)
{
    separate(json, key);
    write_text(json->to, text);
}
