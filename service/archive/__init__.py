"""The archive: old bodies in Parquet files elsewhere, where they are still read from."""
