# What setjmp and longjmp throw: LLVM writes uses of this tag and leaves its definition to whoever links.
    .globl __c_longjmp
    .tagtype __c_longjmp i32
__c_longjmp:
