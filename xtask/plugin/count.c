/* A QEMU plugin that counts what an image executes between two of its functions.
 *
 * A region runs from after the first instruction of `begin` to before the first of `end`. For each region
 * the plugin writes a line to QEMU's log:
 *
 *     REGION <instructions> <Cortex-M4 cycles> <stack bytes>
 *
 * Instructions are exact, and the same on every run. Cycles are an estimate from the tables of Arm's
 * Cortex-M4 Technical Reference Manual (DDI 0439), for code and data without wait states: see `cost`.
 * The stack is the distance between the caller of `begin`, whose first store is to the word below its
 * stack pointer, and the lowest byte above `floor` that was stored to.
 *
 * Arguments: begin, end, floor (addresses in hexadecimal), m4=on for the cycles.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is used of QEMU's plugin interface, version 1; Debian ships no header for it. */
#define EXPORT __attribute__((visibility("default")))
typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef void (*translate_cb)(qemu_plugin_id_t, struct qemu_plugin_tb *);
typedef void (*execute_cb)(unsigned, void *);
typedef void (*memory_cb)(unsigned, uint32_t, uint64_t, void *);
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t, translate_cb);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *, execute_cb, int, void *);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *, memory_cb, int, int, void *);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *);
char *qemu_plugin_insn_disas(const struct qemu_plugin_insn *);
bool qemu_plugin_mem_is_store(uint32_t);
unsigned qemu_plugin_mem_size_shift(uint32_t);
void qemu_plugin_outs(const char *);
EXPORT int qemu_plugin_version = 1;
enum { NO_REGISTERS = 0, READS_AND_WRITES = 3 };

typedef struct {
    uint64_t pc, next;
    unsigned cycles;      /* without memory words, branches and stalls */
    bool by_words;        /* a cycle more for each word of memory */
    bool late;            /* floating-point arithmetic: its result comes a cycle late */
    uint32_t from, to;    /* the single-precision registers it reads and writes */
} Instruction;

static uint64_t begin, end, floor_address;
static bool estimate;

static bool active;
static uint64_t instructions, cycles, top, lowest;
static const Instruction *last;

static bool starts(const char *text, const char *const *with) {
    for (; *with; with++)
        if (!strncmp(text, *with, strlen(*with))) return true;
    return false;
}
#define ONE_OF(...) (const char *const[]){__VA_ARGS__, NULL}

/* The floating-point registers named in `text`, as bits of single-precision ones. */
static uint32_t registers(const char *text, const char *until) {
    uint32_t mask = 0;
    for (const char *p = text; *p && p != until; p++) {
        bool alone = p == text || !isalnum((unsigned char)p[-1]);
        if (!alone || (*p != 's' && *p != 'd') || !isdigit((unsigned char)p[1])) continue;
        unsigned number = atoi(p + 1);
        if (*p == 's' && number < 32) mask |= 1u << number;
        if (*p == 'd' && number < 16) mask |= 3u << (2 * number);
    }
    return mask;
}

/* Integer 1, loads 2, stores 1, multiples and VLDR 1 + words, MLA 2, divisions 2 to 12 (7 here),
 * VMLA and VFMA 3, VDIV and VSQRT 14, other floating point 1. */
static void cost(Instruction *i, const char *text) {
    const char *m = text;
    bool v = *m == 'v';
    i->cycles = 1;
    i->by_words = starts(m, ONE_OF("vldm", "vldr", "vpop", "vstm", "vstr", "vpush", "ldm", "pop",
                                   "stm", "push", "ldrd", "strd"));
    bool accumulates = v && starts(m, ONE_OF("vfma", "vfms", "vmla", "vmls", "vfnm", "vnml"));
    bool transfers = v && starts(m, ONE_OF("vmov", "vmrs", "vmsr"));
    bool compares = v && starts(m, ONE_OF("vcmp"));
    if (i->by_words) {
    } else if (accumulates) i->cycles = 3;
    else if (starts(m, ONE_OF("vdiv", "vsqrt"))) i->cycles = 14;
    else if (starts(m, ONE_OF("ldr"))) i->cycles = 2;
    else if (starts(m, ONE_OF("sdiv", "udiv"))) i->cycles = 7;
    else if (starts(m, ONE_OF("ml"))) i->cycles = 2;
    if (!v) return;
    const char *operands = strpbrk(text, " \t");
    if (!operands) return;
    const char *comma = strchr(operands, ',');
    i->late = !i->by_words && !transfers && !compares;
    bool only_reads = compares || starts(m, ONE_OF("vstm", "vstr", "vpush"));
    bool only_writes = starts(m, ONE_OF("vldm", "vldr", "vpop"));
    i->to = only_reads ? 0 : registers(operands, only_writes ? NULL : comma);
    if (only_reads || accumulates) i->from = registers(operands, NULL);
    else if (!only_writes && comma) i->from = registers(comma, NULL);
}

static void report(void) {
    char line[96];
    snprintf(line, sizeof line, "REGION %llu %llu %llu\n", (unsigned long long)instructions,
             (unsigned long long)cycles, (unsigned long long)(top - lowest));
    qemu_plugin_outs(line);
}

static void execute(unsigned cpu, void *data) {
    const Instruction *i = data;
    (void)cpu;
    if (i->pc == begin) {
        active = true;
        instructions = cycles = top = lowest = 0;
        last = NULL;
        return;
    }
    if (!active) return;
    if (i->pc == end) {
        report();
        active = false;
        return;
    }
    instructions++;
    cycles += i->cycles;
    if (last && last->next != i->pc) cycles += 2; /* a branch that was taken refills the pipeline */
    if (last && last->late && (last->to & i->from)) cycles++;
    last = i;
}

static void memory(unsigned cpu, uint32_t info, uint64_t address, void *data) {
    const Instruction *i = data;
    (void)cpu;
    if (!active) return;
    if (i->by_words) cycles += ((1u << qemu_plugin_mem_size_shift(info)) + 3) / 4;
    if (!qemu_plugin_mem_is_store(info)) return;
    if (!top) top = lowest = address + 4;
    else if (address >= floor_address && address < lowest) lowest = address;
}

static void translate(qemu_plugin_id_t id, struct qemu_plugin_tb *block) {
    (void)id;
    for (size_t k = 0; k < qemu_plugin_tb_n_insns(block); k++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(block, k);
        /* Never freed: the translated block keeps it until QEMU ends. */
        Instruction *i = calloc(1, sizeof *i);
        if (!i) abort();
        i->pc = qemu_plugin_insn_vaddr(insn);
        i->next = i->pc + qemu_plugin_insn_size(insn);
        if (estimate) {
            char *text = qemu_plugin_insn_disas(insn);
            if (text) cost(i, text);
            free(text);
        }
        qemu_plugin_register_vcpu_insn_exec_cb(insn, execute, NO_REGISTERS, i);
        qemu_plugin_register_vcpu_mem_cb(insn, memory, NO_REGISTERS, READS_AND_WRITES, i);
    }
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int count, char **arguments) {
    (void)info;
    for (int k = 0; k < count; k++) {
        const char *value = strchr(arguments[k], '=');
        if (!value) return -1;
        if (!strncmp(arguments[k], "begin=", 6)) begin = strtoull(value + 1, NULL, 16);
        else if (!strncmp(arguments[k], "end=", 4)) end = strtoull(value + 1, NULL, 16);
        else if (!strncmp(arguments[k], "floor=", 6)) floor_address = strtoull(value + 1, NULL, 16);
        else if (!strncmp(arguments[k], "m4=", 3)) estimate = !strcmp(value + 1, "on");
        else return -1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
    return 0;
}
