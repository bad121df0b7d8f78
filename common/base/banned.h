/* SPDX-License-Identifier: MIT
 *
 * Functions that the project does not use: each has a bounded or a reentrant
 * counterpart. The Makefile includes this file before every source, so a use
 * breaks the build. */
#ifndef CPL_BANNED_H
#define CPL_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* glibc makes this one a macro, and a macro cannot be poisoned. */
#undef alloca

#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf strtok
#pragma GCC poison gets atoi atol alloca localtime gmtime asctime ctime system

#endif
