/** File of the compiled program. */
export declare const objectFile: string;
