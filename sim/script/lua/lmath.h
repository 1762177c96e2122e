/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Included before every file of Lua's, and of musl's that is built for it: the functions whose
 * rounding depends on the C library (and in glibc on whether the processor has fused
 * multiplication) get names of their own, and are musl's on every machine.
 */
#ifndef LO0SIM_SIM_SCRIPT_LUA_LMATH_H
#define LO0SIM_SIM_SCRIPT_LUA_LMATH_H

#include <math.h>

double lo0sim_acos(double x);
double lo0sim_asin(double x);
double lo0sim_atan(double x);
double lo0sim_atan2(double y, double x);
double lo0sim_cos(double x);
double lo0sim_exp(double x);
double lo0sim_log(double x);
double lo0sim_log10(double x);
double lo0sim_log2(double x);
double lo0sim_pow(double x, double y);
double lo0sim_sin(double x);
double lo0sim_tan(double x);

#define acos  lo0sim_acos
#define asin  lo0sim_asin
#define atan  lo0sim_atan
#define atan2 lo0sim_atan2
#define cos   lo0sim_cos
#define exp   lo0sim_exp
#define log   lo0sim_log
#define log10 lo0sim_log10
#define log2  lo0sim_log2
#define pow   lo0sim_pow
#define sin   lo0sim_sin
#define tan   lo0sim_tan

/* The functions and tables that these use. */
#define __cos              lo0sim_kernel_cos
#define __exp_data         lo0sim_exp_data
#define __log2_data        lo0sim_log2_data
#define __log_data         lo0sim_log_data
#define __math_check_oflow lo0sim_math_check_oflow
#define __math_check_uflow lo0sim_math_check_uflow
#define __math_divzero     lo0sim_math_divzero
#define __math_invalid     lo0sim_math_invalid
#define __math_oflow       lo0sim_math_oflow
#define __math_uflow       lo0sim_math_uflow
#define __math_xflow       lo0sim_math_xflow
#define __pow_log_data     lo0sim_pow_log_data
#define __rem_pio2         lo0sim_rem_pio2
#define __rem_pio2_large   lo0sim_rem_pio2_large
#define __sin              lo0sim_kernel_sin
#define __tan              lo0sim_kernel_tan

/* Functions that musl's header declares, and glibc's declares differently. */
#define __cosl lo0sim_kernel_cosl
#define __sinl lo0sim_kernel_sinl
#define __tanl lo0sim_kernel_tanl

#endif
