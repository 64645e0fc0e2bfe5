/* A Cortex-M in QEMU, such as Arm MPS2 with image AN386: vectors, start-up and semihosting. No C library. */

#include "board.h"

#include <stdint.h>

extern uint32_t stack_end[], data_from[], data_start[], data_end[], bss_start[], bss_end[];
int main(void);

static uint32_t semihost(uint32_t operation, const void *argument) {
    register uint32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

void print(const char *text) {
    semihost(0x04, text); /* SYS_WRITE0 */
}

static _Noreturn void end(int failed) {
    /* SYS_EXIT_EXTENDED: ADP_Stopped_ApplicationExit, then the exit code. */
    const uint32_t reason[2] = {0x20026, (uint32_t)failed};
    semihost(0x20, reason);
    for (;;) {
    }
}

_Noreturn void fault(void) {
    print("fault\n");
    end(1);
}

/* The FPU is switched on before a function could use it; FPSCR stays as it is after reset, which is
 * what fm.h asks for: round to nearest, no flush to zero. */
_Noreturn void reset(void) {
#ifdef __ARM_FP
    volatile uint32_t *const cpacr = (volatile uint32_t *)0xe000ed88;
    *cpacr |= 0xfu << 20;
    __asm__ volatile("dsb\nisb" ::: "memory");
#endif
    for (uint32_t *to = data_start, *from = data_from; to < data_end;) *to++ = *from++;
    for (uint32_t *to = bss_start; to < bss_end;) *to++ = 0;
    end(main());
}

__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
    stack_end, (const void *)reset, (const void *)fault, (const void *)fault,
    (const void *)fault, (const void *)fault, (const void *)fault,
};
