/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Two stacks, and a switch between them: it keeps the registers that a called function must keep
 * (System V ABI for x86-64, 3.2.1) on the stack that it leaves.
 */
#include "sim/core/fiber.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define LO0SIM_ONE_STACK
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || !defined(__x86_64__) || !defined(__linux__)
#define LO0SIM_ONE_STACK
#endif

#define GUARD ((size_t)4096) /* below the stack: one that is too deep ends with a signal */

struct fiber {
    uint8_t *stack;
    size_t size;
    void *inside, *outside; /* the stack pointers of the side that is not running */
    void (*func)(void *arg);
    void *arg;
    bool alive;
};

#ifdef LO0SIM_ONE_STACK

bool fiber_works(void)
{
    return false;
}

static void switch_stack(void **left, void *entered)
{
    (void)left;
    (void)entered;
    abort(); /* never: there is no fiber */
}

#else

bool fiber_works(void)
{
    return true;
}

void lo0sim_switch_stack(void **left, void *entered);
__asm__(".text\n"
        ".type lo0sim_switch_stack, @function\n"
        ".globl lo0sim_switch_stack\n"
        ".hidden lo0sim_switch_stack\n"
        "lo0sim_switch_stack:\n"
        "    pushq %rbp\n"
        "    pushq %rbx\n"
        "    pushq %r12\n"
        "    pushq %r13\n"
        "    pushq %r14\n"
        "    pushq %r15\n"
        "    movq %rsp, (%rdi)\n"
        "    movq %rsi, %rsp\n"
        "    popq %r15\n"
        "    popq %r14\n"
        "    popq %r13\n"
        "    popq %r12\n"
        "    popq %rbx\n"
        "    popq %rbp\n"
        "    ret\n"
        ".size lo0sim_switch_stack, .-lo0sim_switch_stack\n");

static void switch_stack(void **left, void *entered)
{
    lo0sim_switch_stack(left, entered);
}

#endif

/* The fiber that starts: a function that is entered by a return has no argument. */
static fiber_t *starting;

static void run(void)
{
    fiber_t *fiber = starting;
    fiber->func(fiber->arg);
    fiber->alive = false;
    switch_stack(&fiber->inside, fiber->outside);
    abort(); /* never: nobody enters it again */
}

fiber_t *fiber_create(size_t size)
{
    fiber_t *fiber = fiber_works() ? calloc(1, sizeof(*fiber)) : NULL;
    if (fiber == NULL)
        return NULL;
    fiber->size = (size + GUARD - 1) / GUARD * GUARD + GUARD;
    fiber->stack = mmap(NULL, fiber->size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (fiber->stack == MAP_FAILED) {
        free(fiber);
        return NULL;
    }
    mprotect(fiber->stack, GUARD, PROT_NONE);
    return fiber;
}

void fiber_destroy(fiber_t *fiber)
{
    if (fiber == NULL)
        return;
    munmap(fiber->stack, fiber->size);
    free(fiber);
}

bool fiber_enter(fiber_t *fiber)
{
    assert(fiber->alive);
    switch_stack(&fiber->outside, fiber->inside);
    return fiber->alive;
}

bool fiber_start(fiber_t *fiber, void (*func)(void *arg), void *arg)
{
    /* What the switch takes off: six registers, the address of run(), and none to return to from
     * it. At run() the stack is aligned as after a call. */
    void **top = (void **)(void *)(fiber->stack + fiber->size) - 10;
    memset(top, 0, 10 * sizeof(*top));
    void (*const entry)(void) = run;
    memcpy(&top[6], &entry, sizeof(entry));
    fiber->inside = top;
    fiber->func = func;
    fiber->arg = arg;
    fiber->alive = true;
    starting = fiber;
    return fiber_enter(fiber);
}

void fiber_leave(fiber_t *fiber)
{
    switch_stack(&fiber->inside, fiber->outside);
}

void *fiber_bytes(const fiber_t *fiber, size_t *size)
{
    *size = (size_t)(fiber->stack + fiber->size - (uint8_t *)fiber->inside);
    return fiber->inside;
}

void fiber_put_back(fiber_t *fiber, void *at, const void *copy, size_t size)
{
    assert((uint8_t *)at + size == fiber->stack + fiber->size);
    memcpy(at, copy, size);
    fiber->inside = at;
    fiber->alive = true;
}
