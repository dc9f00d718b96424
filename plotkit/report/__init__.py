"""Reports: charts, text and tables as one HTML page, one PDF, or a folder of pictures.

Report.add(...)   ->  blocks     what the author put in (blocks.py, markdown.py)
report.save(...)  ->  draw       charts to pictures, all at once; failures stay in their place
                  ->  pages      numbered, described, ready for any writer (draw.py)
                  ->  web, paged, folder: one writer for each kind of target
"""
