/* QEMU's `virt` without firmware: start-up and semihosting. */

#include "board.h"

#include <stdint.h>

extern uint32_t data_from[], data_start[], data_end[], bss_start[], bss_end[];
int main(void);

/* The three instructions around the breakpoint are how a debugger knows the call. */
static uint32_t semihost(uint32_t operation, const void *argument) {
    register uint32_t a0 __asm__("a0") = operation;
    register const void *a1 __asm__("a1") = argument;
    __asm__ volatile(".option push\n.option norvc\n.balign 16\n"
                     "slli x0, x0, 0x1f\nebreak\nsrai x0, x0, 7\n.option pop"
                     : "+r"(a0)
                     : "r"(a1)
                     : "memory");
    return a0;
}

void print(const char *text) {
    semihost(0x04, text); /* SYS_WRITE0 */
}

__attribute__((used)) static void start(void) {
    for (uint32_t *to = data_start, *from = data_from; to < data_end;) *to++ = *from++;
    for (uint32_t *to = bss_start; to < bss_end;) *to++ = 0;
    /* SYS_EXIT_EXTENDED: ADP_Stopped_ApplicationExit, then the exit code. */
    const uint32_t reason[2] = {0x20026, (uint32_t)main()};
    semihost(0x20, reason);
    for (;;) {
    }
}

__attribute__((naked, used, section(".vectors"))) void reset(void) {
    __asm__ volatile("la sp, stack_end\nj start");
}
