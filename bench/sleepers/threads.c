/* threads.c N SECONDS - what a blocked flow is compared with: N threads with small stacks that
 * sleep. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pthread_barrier_t all;

static void *sleeper(void *seconds)
{
    pthread_barrier_wait(&all);
    sleep(*(unsigned *)seconds);
    return NULL;
}

int main(int argc, char **argv)
{
    unsigned count = argc > 2 ? (unsigned)strtoul(argv[1], NULL, 10) : 1;
    unsigned seconds = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 1;
    pthread_attr_t small;

    pthread_barrier_init(&all, NULL, count + 1);
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 65536);
    pthread_attr_setdetachstate(&small, PTHREAD_CREATE_DETACHED);
    puts("ready");
    fflush(stdout);
    getchar();
    for (unsigned i = 0; i < count; i++) {
        pthread_t thread;
        int error = pthread_create(&thread, &small, sleeper, &seconds);
        if (error != 0) {
            fprintf(stderr, "threads: %u of %u: %s\n", i, count, strerror(error));
            return EXIT_FAILURE;
        }
    }
    pthread_barrier_wait(&all);
    printf("asleep %u\n", count);
    fflush(stdout);
    getchar();
    return EXIT_SUCCESS;
}
