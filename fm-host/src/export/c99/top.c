/* $title: a flow-matching model in C99, without any library. Written by `fm export`; $header
 * describes the functions.
 *
 * Arithmetic is IEEE single precision: every operation is rounded to nearest, in the order written here.
 * The FPU must be in that mode, without flush to zero. */

#include "$header"

#if defined __FAST_MATH__ || defined __ASSOCIATIVE_MATH__ || defined __RECIPROCAL_MATH__ \
    || (defined __FINITE_MATH_ONLY__ && __FINITE_MATH_ONLY__)
#error "compile without -ffast-math, -Ofast and their parts: they change the bits of samples"
#endif
/* 16 differs from 0 only for half precision. */
#if defined __FLT_EVAL_METHOD__ && __FLT_EVAL_METHOD__ != 0 && __FLT_EVAL_METHOD__ != 16
#error "floats are computed with excess precision: on a 32-bit x86, compile with -msse2 -mfpmath=sse"
#elif defined FLT_EVAL_METHOD && FLT_EVAL_METHOD != 0
#error "floats are computed with excess precision: choose compiler options for plain single precision"
#endif
#if (-1 >> 1) != -1
#error "right shifts of negative numbers must keep the sign"
#endif

/* A multiplication and an addition are rounded separately. GCC forgets that in a function of another file
 * into which it inlines one of these (-flto), so it may not; nor may it call memcpy for a loop, because there
 * may be no C library. */
#if defined __GNUC__ && !defined __clang__
#pragma GCC optimize("fp-contract=off", "no-tree-loop-distribute-patterns")
#define model_apart __attribute__((noinline))
#else
#pragma STDC FP_CONTRACT OFF
#define model_apart
#endif

/* Where the model's numbers are stored, and how they are read. Define all five for other memories. */
#ifndef model_flash
#ifdef __AVR__
#if MODEL_BYTES > 65535 || $largest > 32767
#error "the model is larger than the 64 KB (32 KB per layer) that an AVR reads: export 8 bits, or train a smaller one"
#endif
#include <avr/pgmspace.h>
#define model_flash PROGMEM
#define model_read_float(at) pgm_read_float(at)
#define model_read_byte(at) ((int8_t)pgm_read_byte(at))
#define model_read_half(at) pgm_read_word(at)
#define model_read_word(at) pgm_read_dword(at)
#else
#define model_flash
#define model_read_float(at) (*(at))
#define model_read_byte(at) (*(at))
#define model_read_half(at) (*(at))
#define model_read_word(at) (*(at))
#endif
#endif

