//! Flow-matching samplers for microcontrollers.
#![no_std]
