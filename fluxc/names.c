#include "names.h"

#include "ctype.h"

#include <string.h>

static const char cpp_keywords[] =
    "alignas alignof and and_eq asm bitand bitor catch char16_t char32_t char8_t class "
    "co_await co_return co_yield compl concept const_cast consteval constexpr constinit "
    "decltype delete dynamic_cast explicit export friend mutable namespace new noexcept not "
    "not_eq nullptr operator or or_eq private protected public reinterpret_cast requires "
    "static_assert static_cast template this thread_local throw try typeid typename using "
    "virtual xor xor_eq";

/* Runtimes define these themselves, to make only one flow wait (R34), or watch them. */
static const char intercepted[] =
    "accept accept4 clock_nanosleep close close_range closefrom connect copy_file_range creat "
    "creat64 dup dup2 dup3 epoll_pwait epoll_wait fclose fcntl fcntl64 fdatasync flock fsync "
    "getaddrinfo gethostbyaddr gethostbyaddr_r gethostbyname gethostbyname2 gethostbyname2_r "
    "gethostbyname_r getnameinfo ioctl lockf nanosleep open open64 openat openat64 pause poll "
    "ppoll pread pread64 preadv preadv2 pselect pwrite pwrite64 pwritev pwritev2 read readv "
    "recv recvfrom recvmmsg recvmsg select send sendfile sendfile64 sendmmsg sendmsg sendto "
    "setsockopt shutdown sleep socket splice syncfs tee usleep vmsplice wait waitpid write "
    "writev";

/* What the generated C, the runtimes or any C program calls or includes: a function of that name
 * would replace the library's, or not compile. */
static const char library[] =
    "NULL abort assert atexit atoi bcmp bcopy bzero calloc environ errno exit false fflush "
    "fopen fork fprintf fputs fread free fwrite getenv index int16_t int32_t int64_t int8_t "
    "intptr_t isatty kill longjmp malloc max_align_t memchr memcmp memcpy memmove memset mmap "
    "munmap offsetof pipe printf ptrdiff_t putchar puts qsort raise realloc rindex setjmp "
    "sigaction signal size_t snprintf sprintf stat stderr stdin stdout strcat strchr strcmp "
    "strcpy strdup strerror strlen strncmp strncpy strrchr strstr strtol time true uint16_t "
    "uint32_t uint64_t uint8_t uintptr_t va_arg va_copy va_end va_list va_start wchar_t";

static bool is_one_of(const char *name, const char *list)
{
    size_t length = strlen(name);
    for (const char *at = list; (at = strstr(at, name)) != NULL; at += length)
        if ((at == list || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return true;
    return false;
}

const char *name_refused(const char *name)
{
    if (strncmp(name, "flux_", 5) == 0 || strncmp(name, "FLUX_", 5) == 0)
        return "names that begin with flux_ or FLUX_ belong to the runtimes";
    return NULL;
}

const char *name_of_field_refused(const char *name)
{
    if (ctype_is_keyword(name))
        return "it is a keyword of C";
    if (strcmp(name, "NULL") == 0 || strcmp(name, "true") == 0 || strcmp(name, "false") == 0)
        return "it is a macro of C's own headers";
    /* What an undeclared handler calls its code where there is an `error` already (R24); somebody
     * may declare the handler after all. */
    return strcmp(name, "flux_error") == 0 ? NULL : name_refused(name);
}

const char *name_of_function_refused(const char *name)
{
    if (strcmp(name, "_") == 0)
        return "it is the pattern that matches everything";
    if (strcmp(name, "main") == 0)
        return "the program begins there, and the runtime has one";
    if (ctype_is_keyword(name))
        return "it is a keyword of C";
    if (strncmp(name, "__", 2) == 0)
        return "names that begin so belong to the C compiler and its library";
    if (is_one_of(name, intercepted))
        return "it would take the place of the system call, which runtimes watch over";
    if (is_one_of(name, library))
        return "it would take the place of the C library's own";
    return name_refused(name);
}

bool name_is_cpp_keyword(const char *name)
{
    return is_one_of(name, cpp_keywords);
}
