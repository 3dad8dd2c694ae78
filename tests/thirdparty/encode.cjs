// One receipt in every language by both encoders: JSON on stdout, base64 by name.
'use strict';
const { createRequire } = require('module');
const there = createRequire(`${process.cwd()}/`);
const receiptline = there('receiptline');
const Encoder = there('@point-of-sale/receipt-printer-encoder');

const MARKDOWN = [
    '{width:auto; border:none}',
    '^^^Corner Shop',
    'Milk | 1.19',
    '"Bread" | 2.40',
    '-',
    '{code:4006381333931; option:ean,2,72}',
    '',
    '{code:https://example.com/r/1; option:qrcode,4,m}',
    '',
].join('\n');
const out = {};
for (const command of ['escpos', 'epson', 'citizen', 'generic', 'starsbcs', 'starlinesbcs']) {
    const commands = receiptline.transform(MARKDOWN, { command, cpl: 48, encoding: 'cp437', cutting: true, spacing: false });
    out[`receiptline ${command}`] = Buffer.from(commands, 'binary').toString('base64');
}
for (const language of ['esc-pos', 'star-line', 'star-prnt']) {
    const commands = new Encoder({ language, columns: 48, feedBeforeCut: 3 })
        .initialize().codepage('cp437')
        .align('center').width(2).height(2).line('Corner Shop').width(1).height(1).align('left')
        .table([{ width: 38, align: 'left' }, { width: 10, align: 'right' }], [['Milk', '1.19'], ['Bread', '2.40']])
        .bold(true).line('Total 3.59').bold(false)
        .rule()
        .newline().barcode('4006381333931', 'ean13', { height: 72, width: 2 })
        .newline().qrcode('https://example.com/r/1', { model: 2, size: 4, errorlevel: 'm' })
        .cut('partial')
        .encode();
    out[`encoder ${language}`] = Buffer.from(commands).toString('base64');
}
console.log(JSON.stringify(out));
