/* SPDX-License-Identifier: MIT
 *
 * The version of the whole toolkit, in the one place that counts. */
#ifndef CPL_VERSION_H
#define CPL_VERSION_H

#define CPL_VERSION "0.9.0"

#endif
