/* An AVR in simavr, which prints what the serial port sends and ends when the core sleeps for ever. */

#include "board.h"

#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>

void print(const char *text) {
    UCSR0B = 1 << TXEN0;
    for (; *text != '\0'; text++) {
        while (!(UCSR0A & (1 << UDRE0))) {
        }
        UDR0 = (unsigned char)*text;
    }
}

/* Runs after `main`. */
__attribute__((naked, used, section(".fini8"))) void end(void) {
    cli();
    sleep_enable();
    sleep_cpu();
}
