//! Golden bytes of the blob.
