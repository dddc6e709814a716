#include "page.h"

#include <string.h>

/* The linker makes these of a file: what its first byte is, and what is behind its last. */
#define FILE_OF(name) extern const char _binary_##name##_start[], _binary_##name##_end[]

FILE_OF(index_html);
FILE_OF(page_js);
FILE_OF(page_css);
FILE_OF(uPlot_js);
FILE_OF(uPlot_css);

#define ROW(path, type, name)                                                                      \
    {                                                                                              \
        path, type, _binary_##name##_start, _binary_##name##_end                                   \
    }

static const struct page_file files[] = {
    ROW("/", "text/html; charset=utf-8", index_html),
    ROW("/page.js", "text/javascript; charset=utf-8", page_js),
    ROW("/page.css", "text/css; charset=utf-8", page_css),
    ROW("/uPlot.js", "text/javascript; charset=utf-8", uPlot_js),
    ROW("/uPlot.css", "text/css; charset=utf-8", uPlot_css),
};

const struct page_file *page_find(const char *path)
{
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        if (strcmp(files[i].path, path) == 0)
            return &files[i];
    return NULL;
}
