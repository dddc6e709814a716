#include "json.h"

#include "utf8.h"

#include <inttypes.h>
#include <string.h>

static void write_string(struct text *out, const char *value)
{
    size_t size = strlen(value);
    text_write(out, "\"", 1);
    for (size_t i = 0; i < size;) {
        unsigned code;
        size_t length = utf8_decode(value + i, size - i, &code);
        if (length == 0)
            text_print(out, "\\ufffd");
        else if (code == '"' || code == '\\')
            text_print(out, "\\%c", (char)code);
        else if (code < ' ' || code == 0x7f)
            text_print(out, "\\u%04x", code);
        else
            text_write(out, value + i, length);
        i += length > 0 ? length : 1;
    }
    text_write(out, "\"", 1);
}

static void new_line(struct json *json)
{
    static const char blanks[] = "                ";
    unsigned width = json->depth * 2;
    text_write(json->out, "\n", 1);
    for (; width > 0; width -= width < 16 ? width : 16)
        text_write(json->out, blanks, width < 16 ? width : 16);
}

/* What stands before a value. */
static void separate(struct json *json, const char *key)
{
    if (json->any)
        text_write(json->out, ",", 1);
    if (json->flat > 0 && json->any)
        text_write(json->out, " ", 1);
    else if (json->flat == 0 && json->depth > 0)
        new_line(json);
    json->any = true;
    if (key != NULL) {
        write_string(json->out, key);
        text_write(json->out, ": ", 2);
    }
}

void json_begin(struct json *json, const char *key, char bracket, bool flat)
{
    separate(json, key);
    text_write(json->out, &bracket, 1);
    json->depth++;
    json->flat += json->flat > 0 || flat;
    json->any = false;
}

void json_end(struct json *json, char bracket)
{
    json->depth--;
    if (json->flat > 0)
        json->flat--;
    else if (json->any)
        new_line(json);
    text_write(json->out, &bracket, 1);
    json->any = true;
}

void json_string(struct json *json, const char *key, const char *value)
{
    separate(json, key);
    if (value == NULL)
        text_print(json->out, "null");
    else
        write_string(json->out, value);
}

void json_number(struct json *json, const char *key, int64_t value)
{
    separate(json, key);
    text_print(json->out, "%" PRId64, value);
}

void json_bool(struct json *json, const char *key, bool value)
{
    separate(json, key);
    text_print(json->out, "%s", value ? "true" : "false");
}
