/** Host functions of WASI that Envoy offers. The file's name is the import module. */

export declare function clock_time_get(clock: u32, precision: u64, outNanoseconds: usize): i32;

export declare function random_get(bytes: usize, size: i32): i32;
