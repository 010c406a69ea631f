/** Tests of the doctor, most of them on trees of files of machines that we do not have. */
@NullMarked
package io.verbena.doctor;

import org.jspecify.annotations.NullMarked;
