/* SPDX-License-Identifier: MIT
 *
 * The version of the whole toolkit. */
#ifndef CPL_VERSION_H
#define CPL_VERSION_H

#define CPL_VERSION "0.1"

#endif
