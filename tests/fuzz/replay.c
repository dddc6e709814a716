/* replay.c - feeds files to a fuzzer's entry point, for builds without a fuzzing engine. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        if (file == NULL) {
            perror(argv[i]);
            return 1;
        }
        uint8_t *data = NULL;
        size_t size = 0, room = 0, got = 0;
        do {
            size += got;
            if (size == room) {
                room = room == 0 ? 4096 : 2 * room;
                uint8_t *grown = realloc(data, room);
                if (grown == NULL) {
                    perror(argv[i]);
                    return 1;
                }
                data = grown;
            }
        } while ((got = fread(data + size, 1, room - size, file)) > 0);
        fclose(file);

        /* Exactly as large as the input, so that a sanitizer sees a read beyond its end. */
        uint8_t *exact = realloc(data, size > 0 ? size : 1);
        LLVMFuzzerTestOneInput(exact != NULL ? exact : data, size);
        free(exact != NULL ? exact : data);
    }
    return 0;
}
