/* The nodes of cplusplus.flux that are better off in C++. */
#include "cplusplus_flux.h"

#include "flux.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <new>
#include <sstream>
#include <string>
#include <vector>

struct words {
    std::vector<std::string> list;
};

static void destroy(void *argument)
{
    delete static_cast<words *>(argument);
}

int Split(Split_in *in, Split_out *out)
try {
    auto *made = new words;
    if (int error = flux_defer(destroy, made)) { /* when the flow ends */
        delete made;
        return error;
    }
    std::istringstream stream(in->text);
    for (std::string word; stream >> word;)
        made->list.push_back(word);
    out->words = made;
    return 0;
} catch (const std::bad_alloc &) {
    return ENOMEM;
}

int Sort(Sort_in *in, Sort_out *out)
{
    std::sort(in->words->list.begin(), in->words->list.end());
    out->words = in->words;
    return 0;
}

int Print(Print_in *in)
try {
    std::string line;
    for (const std::string &word : in->words->list)
        line += (line.empty() ? "" : " ") + word;
    std::puts(line.c_str());
    return 0;
} catch (const std::bad_alloc &) {
    return ENOMEM;
}
