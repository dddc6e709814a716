/* tools.h - which memory checkers watch this build. They have to be told of every stack and switch;
 * carrier.c and stack.c do. Valgrind's requests cost a few instructions when it is not running, so
 * they are always compiled in where its header is installed. */
#ifndef FLUXI_TOOLS_H
#define FLUXI_TOOLS_H

#if defined(__SANITIZE_ADDRESS__)
#define FLUXI_ASAN 1
#endif
#if defined(__SANITIZE_THREAD__)
#define FLUXI_TSAN 1
#endif
#if defined(__has_feature) /* clang */
#if __has_feature(address_sanitizer)
#define FLUXI_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define FLUXI_TSAN 1
#endif
#endif

#ifdef FLUXI_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef FLUXI_TSAN
#include <sanitizer/tsan_interface.h>
#endif

#if defined(__has_include)
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#endif
#endif
#ifndef VALGRIND_STACK_REGISTER
#define VALGRIND_STACK_REGISTER(low, high) 0u
#define VALGRIND_STACK_DEREGISTER(id)      ((void)(id))
#define RUNNING_ON_VALGRIND                0
#endif

#endif
