/* threads.c - what a flow under `thread` is compared with: threads that begin, do nothing and end,
 * each joined before the next. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *nothing(void *argument)
{
    return argument;
}

int main(int argc, char **argv)
{
    for (unsigned long left = argc > 1 ? strtoul(argv[1], NULL, 10) : 1; left > 0; left--) {
        pthread_t thread;
        int error = pthread_create(&thread, NULL, nothing, NULL);

        if (error == 0)
            error = pthread_join(thread, NULL);
        if (error != 0) {
            fprintf(stderr, "threads: %s\n", strerror(error));
            return EXIT_FAILURE;
        }
    }
    return EXIT_SUCCESS;
}
