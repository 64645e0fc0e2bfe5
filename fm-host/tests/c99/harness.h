/* What the calls of a script need: numbers from their bits, and lines of output. */

#ifndef HARNESS_H
#define HARNESS_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static inline float number(uint32_t word) {
    float number;
    memcpy(&number, &word, sizeof number);
    return number;
}

static inline void copy(float *to, const float *from, int count) {
    memcpy(to, from, (size_t)count * sizeof *to);
}

static inline void code(int result) {
    printf("code %d\n", result);
}

static inline void bits(const float *x, int count) {
    printf("bits");
    for (int d = 0; d < count; d++) {
        uint32_t word;
        memcpy(&word, x + d, sizeof word);
        printf(" %08lx", (unsigned long)word);
    }
    printf("\n");
}

#endif
