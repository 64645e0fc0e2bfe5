/* The board: where an image starts, prints and ends. */

#ifndef BOARD_H
#define BOARD_H

/* Prints through the debugger or the emulator. */
void print(const char *text);

#endif
